//! Where the cache lies, as huggingface_hub's `constants.py` finds it.

use std::ffi::OsString;
use std::path::PathBuf;

/// The variables of the process that speak of the Hugging Face Hub. An empty one counts as unset.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `HF_HUB_CACHE`: the cache itself.
    pub hub_cache: Option<OsString>,
    /// `HUGGINGFACE_HUB_CACHE`: the older name of the same.
    pub old_hub_cache: Option<OsString>,
    /// `HF_HOME`: the folder that the cache `hub` lies in.
    pub hf_home: Option<OsString>,
    /// `XDG_CACHE_HOME`: the folder that `huggingface/hub` lies in.
    pub xdg_cache_home: Option<OsString>,
    /// The person's home folder, for `~` and `~/.cache`.
    pub home: Option<PathBuf>,
    /// `HF_ENDPOINT`: another server than huggingface.co.
    pub endpoint: Option<String>,
    /// `HF_HUB_OFFLINE`: nothing may be downloaded.
    pub offline: bool,
}

/// The cache's folder, and the variable that it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cache {
    pub path: PathBuf,
    pub follows_from: &'static str,
}

impl Environment {
    /// What the process was started with.
    pub fn of_process() -> Self {
        let variable = |name| std::env::var_os(name);
        let on = ["1", "ON", "YES", "TRUE"];
        Self {
            hub_cache: variable("HF_HUB_CACHE"),
            old_hub_cache: variable("HUGGINGFACE_HUB_CACHE"),
            hf_home: variable("HF_HOME"),
            xdg_cache_home: variable("XDG_CACHE_HOME"),
            home: std::env::home_dir(),
            endpoint: std::env::var("HF_ENDPOINT").ok(),
            offline: std::env::var("HF_HUB_OFFLINE")
                .is_ok_and(|value| on.contains(&value.to_ascii_uppercase().as_str())),
        }
    }

    /// The one cache that these variables name; `None` without any and without a home.
    pub(super) fn cache(&self) -> Option<Cache> {
        let rows: [(&Option<OsString>, &[&str], &'static str); 4] = [
            (&self.hub_cache, &[], "HF_HUB_CACHE"),
            (&self.old_hub_cache, &[], "HUGGINGFACE_HUB_CACHE"),
            (&self.hf_home, &["hub"], "HF_HOME"),
            (
                &self.xdg_cache_home,
                &["huggingface", "hub"],
                "XDG_CACHE_HOME",
            ),
        ];
        for (value, below, follows_from) in rows {
            if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
                let mut path = self.expand(PathBuf::from(value));
                path.extend(below);
                return Some(Cache { path, follows_from });
            }
        }
        let path = self
            .home
            .as_ref()
            .filter(|home| !home.as_os_str().is_empty())?;
        Some(Cache {
            path: path.join(".cache").join("huggingface").join("hub"),
            follows_from: "the home folder",
        })
    }

    /// A leading `~` as the home folder.
    fn expand(&self, path: PathBuf) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => home.clone(),
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_variable_wins() {
        let mut environment = Environment::default();
        assert_eq!(environment.cache(), None);
        let set = |text: &str| Some(OsString::from(text));
        let mut expect = |change: &dyn Fn(&mut Environment), path: &str, from: &str| {
            change(&mut environment);
            let cache = environment.cache().unwrap();
            assert_eq!((cache.path, cache.follows_from), (path.into(), from));
        };
        expect(
            &|e| e.home = Some("/home/u".into()),
            "/home/u/.cache/huggingface/hub",
            "the home folder",
        );
        expect(
            &|e| e.xdg_cache_home = set("/xdg"),
            "/xdg/huggingface/hub",
            "XDG_CACHE_HOME",
        );
        expect(&|e| e.hf_home = set("~/hf"), "/home/u/hf/hub", "HF_HOME");
        expect(
            &|e| e.old_hub_cache = set("/old"),
            "/old",
            "HUGGINGFACE_HUB_CACHE",
        );
        expect(&|e| e.hub_cache = set("~"), "/home/u", "HF_HUB_CACHE");
        expect(&|e| e.hub_cache = set(""), "/old", "HUGGINGFACE_HUB_CACHE");
    }
}
