//! Every protocol, and pickles made to hurt.

use super::value::Value;
use super::{ALWAYS, unpickle};

/// What Python 3.11 writes in protocols 0, 2 and 4 for one dictionary: a dataclass, a namespace, a path,
/// an ordered dictionary, tuples, sets, bytes, and numbers of every width.
const PROTOCOLS: [&[u8]; 3] = [
        b"(dp0\nVcfg\np1\nccopy_reg\n_reconstructor\np2\n(c__main__\nGPTConfig\np3\nc__builtin__\nobject\np4\n\
          Ntp5\nRp6\n(dp7\nVn_head\np8\nI12\nsVbias\np9\nI01\nsbsVns\np10\ng2\n(cargparse\nNamespace\np11\ng4\
          \nNtp12\nRp13\n(dp14\nVlr\np15\nF0.1\nsVout\np16\ncpathlib\nPurePosixPath\np17\n(Va\np18\nVb\np19\nt\
          p20\nRp21\nsbsVod\np22\nccollections\nOrderedDict\np23\n(tRp24\nVx\np25\nI1\nsVy\np26\nNssVt\np27\n(\
          I1\nF2.5\nV\xe9\\u000a\np28\ntp29\nsVs\np30\nc__builtin__\nset\np31\n((lp32\nI3\natp33\nRp34\nsg19\n\
          c_codecs\nencode\np35\n(V\\u0000\xff\np36\nVlatin1\np37\ntp38\nRp39\nsVbig\np40\nL100000000000000000\
          0000000000000L\nsVneg\np41\nI-5\nsVi\np42\nL1099511627776L\nsI7\nVseven\np43\ns(I1\nI2\ntp44\nI3\nsV\
          f\np45\nFinf\nsVfl\np46\nc__builtin__\nfrozenset\np47\n((lp48\nI1\natp49\nRp50\ns.",
        b"\x80\x02}q\x00(X\x03\x00\x00\x00cfgq\x01c__main__\nGPTConfig\nq\x02)\x81q\x03}q\x04(X\x06\x00\x00\
          \x00n_headq\x05K\x0cX\x04\x00\x00\x00biasq\x06\x88ubX\x02\x00\x00\x00nsq\x07cargparse\nNamespace\nq\
          \x08)\x81q\x09}q\n(X\x02\x00\x00\x00lrq\x0bG?\xb9\x99\x99\x99\x99\x99\x9aX\x03\x00\x00\x00outq\x0ccp\
          athlib\nPurePosixPath\nq\x0dX\x01\x00\x00\x00aq\x0eX\x01\x00\x00\x00bq\x0f\x86q\x10Rq\x11ubX\x02\x00\
          \x00\x00odq\x12ccollections\nOrderedDict\nq\x13)Rq\x14(X\x01\x00\x00\x00xq\x15K\x01X\x01\x00\x00\x00\
          yq\x16NuX\x01\x00\x00\x00tq\x17K\x01G@\x04\x00\x00\x00\x00\x00\x00X\x03\x00\x00\x00\xc3\xa9\nq\x18\
          \x87q\x19X\x01\x00\x00\x00sq\x1ac__builtin__\nset\nq\x1b]q\x1cK\x03a\x85q\x1dRq\x1eh\x0fc_codecs\nen\
          code\nq\x1fX\x03\x00\x00\x00\x00\xc3\xbfq X\x06\x00\x00\x00latin1q!\x86q\"Rq#X\x03\x00\x00\x00bigq$\
          \x8a\x0d\x00\x00\x00@\xea\xedtF\xd0\x9c,\x9f\x0cX\x03\x00\x00\x00negq%J\xfb\xff\xff\xffX\x01\x00\x00\
          \x00iq&\x8a\x06\x00\x00\x00\x00\x00\x01K\x07X\x05\x00\x00\x00sevenq'K\x01K\x02\x86q(K\x03X\x01\x00\
          \x00\x00fq)G\x7f\xf0\x00\x00\x00\x00\x00\x00X\x02\x00\x00\x00flq*c__builtin__\nfrozenset\nq+]q,K\x01\
          a\x85q-Rq.u.",
        b"\x80\x04\x95Q\x01\x00\x00\x00\x00\x00\x00}\x94(\x8c\x03cfg\x94\x8c\x08__main__\x94\x8c\x09GPTConfig\
          \x94\x93\x94)\x81\x94}\x94(\x8c\x06n_head\x94K\x0c\x8c\x04bias\x94\x88ub\x8c\x02ns\x94\x8c\x08argpar\
          se\x94\x8c\x09Namespace\x94\x93\x94)\x81\x94}\x94(\x8c\x02lr\x94G?\xb9\x99\x99\x99\x99\x99\x9a\x8c\
          \x03out\x94\x8c\x07pathlib\x94\x8c\x0dPurePosixPath\x94\x93\x94\x8c\x01a\x94\x8c\x01b\x94\x86\x94R\
          \x94ub\x8c\x02od\x94\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94(\x8c\x01x\x94K\x01\
          \x8c\x01y\x94Nu\x8c\x01t\x94K\x01G@\x04\x00\x00\x00\x00\x00\x00\x8c\x03\xc3\xa9\n\x94\x87\x94\x8c\
          \x01s\x94\x8f\x94(K\x03\x90h\x15C\x02\x00\xff\x94\x8c\x03big\x94\x8a\x0d\x00\x00\x00@\xea\xedtF\xd0\
          \x9c,\x9f\x0c\x8c\x03neg\x94J\xfb\xff\xff\xff\x8c\x01i\x94\x8a\x06\x00\x00\x00\x00\x00\x01K\x07\x8c\
          \x05seven\x94K\x01K\x02\x86\x94K\x03\x8c\x01f\x94G\x7f\xf0\x00\x00\x00\x00\x00\x00\x8c\x02fl\x94(K\
          \x01\x91\x94u.",
    ];

/// `numpy.float32(2.5)` in protocol 2.
const NUMPY: &[u8] = b"\x80\x02cnumpy._core.multiarray\nscalar\nq\x00cnumpy\ndtype\nq\x01X\x02\x00\x00\x00f4q\x02\x89\x88\
          \x87q\x03Rq\x04(K\x03X\x01\x00\x00\x00<q\x05NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x06bc_codec\
          s\nencode\nq\x07X\x04\x00\x00\x00\x00\x00 @q\x08X\x06\x00\x00\x00latin1q\x09\x86q\nRq\x0b\x86q\x0cRq\
          \x0d.";

fn read(mut bytes: &[u8]) -> Result<Value, String> {
    let size = bytes.len() as u64;
    Ok(unpickle(&mut bytes, size)?.root)
}

#[test]
fn every_protocol_gives_the_same_values() {
    for (bytes, protocol) in PROTOCOLS.iter().zip([0, 2, 4]) {
        let value = read(bytes).unwrap();
        let mut skipped = Vec::new();
        let json = value.to_json("root", &mut skipped).unwrap();
        let expected = serde_json::json!({
            "cfg": {"n_head": 12, "bias": true},
            "ns": {"lr": 0.1, "out": "a/b"},
            "od": {"x": 1, "y": null},
            "t": [1, 2.5, "é\n"],
            "s": [3],
            "b": [0, 255],
            "neg": -5,
            "i": 1u64 << 40,
            "7": "seven",
            "(1, 2)": 3,
            "f": "inf",
            "fl": [1],
        });
        assert_eq!(json, expected, "protocol {protocol}");
        assert_eq!(
            skipped,
            [
                "The value 'root.big' is an object of type 'int of more than 64 bits' and is left out."
            ]
        );
    }
}

#[test]
fn numpy_scalars_and_element_types_are_values() {
    assert_eq!(read(NUMPY), Ok(Value::Float(2.5)));
    assert_eq!(
        read(b"ctorch\nfloat16\n."),
        Ok(Value::Str("float16".into()))
    );
    assert_eq!(
        read(b"cmodel\nBlock\n."),
        Ok(Value::Other("model.Block".into()))
    );
}

/// Pickles that cost other readers all memory, all stack or minutes: each ends at once, one way or other.
#[test]
fn hostile_pickles_end() {
    let mut doubling = b"\x80\x02)q\x01".to_vec();
    for _ in 0..60 {
        doubling.extend(b"h\x01h\x01\x86q\x01");
    }
    doubling.push(b'.');
    assert!(read(&doubling).unwrap_err().contains("unfolds"));

    let mut deep = vec![b')'];
    deep.extend(vec![0x85; 300_000]);
    deep.push(b'.');
    assert!(read(&deep).is_ok());

    let mut shared = b"\x80\x02X\x00\x00\x10\x00".to_vec();
    shared.extend(vec![b'x'; 1 << 20]);
    shared.extend(b"q\x01(");
    for _ in 0..20_000 {
        shared.extend(b"h\x01");
    }
    shared.extend(b"l.");
    assert!(read(&shared).unwrap_err().contains("unfolds"));

    // A long class name, string or list that 20 000 calls copy.
    for start in [
        b"cm\n".as_slice(),
        b"cbuiltins\nset\n((l",
        b"c_codecs\nencode\n(V",
    ] {
        let mut copied = b"\x80\x02".to_vec();
        copied.extend(start);
        match start.last() {
            Some(b'l') => {
                copied.pop();
                copied.extend(vec![b'N'; 1 << 18]);
                copied.extend(b"lt");
            }
            _ => {
                copied.extend(vec![b'x'; 1 << 20]);
                copied.extend(if start.ends_with(b"V") {
                    b"\nt".as_slice()
                } else {
                    b"\n)"
                });
            }
        }
        copied.extend(b"q\x020q\x01(");
        for _ in 0..20_000 {
            copied.extend(b"h\x01h\x02R");
        }
        copied.extend(b"l.");
        assert!(read(&copied).unwrap_err().contains("unfolds"));
    }

    // The same without calls: one class that a list holds 20 000 times.
    let mut named = b"\x80\x02cm\n".to_vec();
    named.extend(vec![b'x'; 1 << 20]);
    named.extend(b"\nq\x01(");
    named.extend(b"h\x01".repeat(20_000));
    named.extend(b"l.");
    assert!(read(&named).unwrap_err().contains("unfolds"));

    let mut many = vec![b')'; ALWAYS];
    many.push(b'.');
    assert!(read(&many).unwrap_err().contains("unfolds"));

    // A list and a dictionary that hold themselves.
    assert!(read(b"]q\x00h\x00a.").is_ok());
    assert!(read(b"}q\x00K\x01h\x00s.").is_ok());

    for (bytes, what) in [
        (b"X\xff\xff\xff\x7fabc".as_slice(), "cut off"),
        (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc", "cut off"),
        (b"\x80\x02", "cut off"),
        (b"h\x05.", "not there"),
        (b"\x80\x09.", "protocol"),
        (b"\xf0", "opcode 0xf0"),
        (b"Iabc\n.", "number"),
        (b".", "more values"),
        (b"(0.", "more values"),
        (b"\x87.", "more values"),
        (b"t.", "more values"),
        (b"b.", "more values"),
        (b"e.", "more values"),
        (b"(o.", "more values"),
    ] {
        let error = read(bytes).unwrap_err();
        assert!(error.contains(what), "{bytes:?}: {error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    #[test]
    fn changed_bytes_end(protocol in 0usize..3, changes in proptest::collection::vec((0usize..700, proptest::prelude::any::<u8>()), 1..5)) {
        let mut bytes = PROTOCOLS[protocol].to_vec();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let _ = read(&bytes);
    }
}
