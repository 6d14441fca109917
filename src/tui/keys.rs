//! From the terminal's key events to the view's strokes.

use ratatui::crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

use crate::view::{Code, Event, Mouse, Stroke};

/// What the terminal told as an event of the view, or `None` where the view has no use for it.
pub(super) fn event(input: Input) -> Option<Event> {
    match input {
        Input::Key(key) => stroke(key).map(Event::Key),
        Input::Paste(text) => Some(Event::Paste(text)),
        Input::Mouse(mouse) => mouse_event(mouse),
        Input::Resize(width, height) => Some(Event::Resize { width, height }),
        _ => None,
    }
}

/// A press of the left button or a turn of the wheel.
fn mouse_event(mouse: MouseEvent) -> Option<Event> {
    let kind = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Mouse::Press,
        MouseEventKind::ScrollUp => Mouse::WheelUp,
        MouseEventKind::ScrollDown => Mouse::WheelDown,
        _ => return None,
    };
    Some(Event::Mouse {
        x: mouse.column,
        y: mouse.row,
        kind,
    })
}

/// A press or a repeat as a stroke. Letters stand as typed, so SHIFT is dropped: terminals
/// disagree on whether they tell it. With Ctrl, letters are lower case for the same reason.
fn stroke(key: KeyEvent) -> Option<Stroke> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let foreign = KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
    if key.modifiers.intersects(foreign) {
        return None;
    }
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let mut ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let code = match key.code {
        KeyCode::Char(c) if ctrl => match c.to_ascii_lowercase() {
            // The control characters behind Backspace and Enter on many terminals.
            'h' => {
                ctrl = false;
                Code::Backspace
            }
            'j' | 'm' => {
                ctrl = false;
                Code::Enter
            }
            // Ctrl-^ and Ctrl-6 are one control character, which is told as the latter.
            '6' => Code::Char('^'),
            letter => Code::Char(letter),
        },
        KeyCode::Char(c) if c.is_control() => return None,
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        _ => return None,
    };
    Some(Stroke { code, ctrl, alt })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(code: KeyCode, modifiers: KeyModifiers) -> Option<Stroke> {
        stroke(KeyEvent::new(code, modifiers))
    }

    fn plain(code: Code) -> Option<Stroke> {
        Some(Stroke {
            code,
            ctrl: false,
            alt: false,
        })
    }

    #[test]
    fn letters_stand_as_typed_whatever_shift_says() {
        for shift in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            assert_eq!(typed(KeyCode::Char('G'), shift), plain(Code::Char('G')));
            assert_eq!(typed(KeyCode::Char('{'), shift), plain(Code::Char('{')));
        }
        assert_eq!(
            typed(KeyCode::Char('g'), KeyModifiers::NONE),
            plain(Code::Char('g'))
        );
    }

    #[test]
    fn ctrl_letters_are_lower_case() {
        for letter in ['c', 'C'] {
            assert_eq!(
                typed(KeyCode::Char(letter), KeyModifiers::CONTROL),
                Some(Stroke {
                    code: Code::Char('c'),
                    ctrl: true,
                    alt: false
                })
            );
        }
    }

    #[test]
    fn control_characters_of_old_keyboards_are_the_keys_they_mean() {
        let ctrl = KeyModifiers::CONTROL;
        assert_eq!(typed(KeyCode::Char('h'), ctrl), plain(Code::Backspace));
        assert_eq!(typed(KeyCode::Char('j'), ctrl), plain(Code::Enter));
        let caret = typed(KeyCode::Char('6'), ctrl).unwrap();
        assert_eq!((caret.code, caret.ctrl), (Code::Char('^'), true));
        let tab = typed(KeyCode::Tab, KeyModifiers::SHIFT);
        assert_eq!(tab, plain(Code::BackTab));
        let tab = typed(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(tab, plain(Code::BackTab));
    }

    #[test]
    fn releases_and_unknown_keys_are_dropped() {
        let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(stroke(key), None);
        key.kind = KeyEventKind::Repeat;
        assert_eq!(stroke(key), plain(Code::Char('q')));
        assert_eq!(typed(KeyCode::F(5), KeyModifiers::NONE), None);
        assert_eq!(typed(KeyCode::Char('q'), KeyModifiers::SUPER), None);
        assert_eq!(typed(KeyCode::Char('\u{9b}'), KeyModifiers::NONE), None);
    }

    #[test]
    fn pastes_and_sizes_pass_and_the_rest_does_not() {
        assert!(matches!(
            event(Input::Paste("a\nb".into())),
            Some(Event::Paste(text)) if text == "a\nb"
        ));
        assert!(matches!(
            event(Input::Resize(20, 5)),
            Some(Event::Resize {
                width: 20,
                height: 5
            })
        ));
        assert!(event(Input::FocusGained).is_none());
    }
}
