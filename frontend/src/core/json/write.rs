//! A value as text.

use std::fmt::{Display, Write as _};

use serde::{
    Serialize, Serializer,
    ser::{Error, Impossible, SerializeMap, SerializeSeq, SerializeStruct},
};
use zeroize::Zeroize as _;

use super::text::Unreadable;

/// The text so far. Wiped when it has to move, since what a person typed may be a secret.
#[derive(Default)]
pub struct Writer {
    text: String,
}

type Outcome<T = ()> = Result<T, Unreadable>;

impl Error for Unreadable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl Writer {
    pub fn into_text(self) -> String {
        self.text
    }

    fn put(&mut self, part: &str) {
        if self.text.capacity() - self.text.len() < part.len() {
            let room = 2 * (self.text.len() + part.len()).max(128);
            let mut moved = String::with_capacity(room);
            moved.push_str(&self.text);
            std::mem::replace(&mut self.text, moved).zeroize();
        }
        self.text.push_str(part);
    }

    fn string(&mut self, string: &str) {
        self.put("\"");
        let mut rest = string;
        while let Some(place) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
            let (plain, special) = rest.split_at(place);
            self.put(plain);
            let (special, after) = special.split_at(1);
            match special {
                "\"" | "\\" => {
                    self.put("\\");
                    self.put(special);
                }
                control => {
                    let mut escape = String::with_capacity(6);
                    let _ = write!(escape, "\\u{:04x}", control.as_bytes()[0]);
                    self.put(&escape);
                }
            }
            rest = after;
        }
        self.put(rest);
        self.put("\"");
    }
}

/// What is written one after the other between brackets.
pub struct Group<'w> {
    writer: &'w mut Writer,
    is_first: bool,
    end: &'static str,
}

impl<'w> Group<'w> {
    fn new(writer: &'w mut Writer, start: &str, end: &'static str) -> Self {
        writer.put(start);
        Self {
            writer,
            is_first: true,
            end,
        }
    }

    fn separate(&mut self) {
        if !std::mem::replace(&mut self.is_first, false) {
            self.writer.put(",");
        }
    }

    fn name(&mut self, name: &str) {
        self.separate();
        self.writer.string(name);
        self.writer.put(":");
    }

    fn finish(self) {
        self.writer.put(self.end);
    }
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Unreadable;
    type SerializeSeq = Group<'w>;
    type SerializeMap = Group<'w>;
    type SerializeStruct = Group<'w>;
    type SerializeTuple = Impossible<(), Unreadable>;
    type SerializeTupleStruct = Impossible<(), Unreadable>;
    type SerializeTupleVariant = Impossible<(), Unreadable>;
    type SerializeStructVariant = Impossible<(), Unreadable>;

    fn serialize_bool(self, value: bool) -> Outcome {
        self.put(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Outcome {
        self.put(&value.to_string());
        Ok(())
    }

    fn serialize_u64(self, value: u64) -> Outcome {
        self.put(&value.to_string());
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Outcome {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Outcome {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Outcome {
        self.serialize_i64(value.into())
    }

    fn serialize_u8(self, value: u8) -> Outcome {
        self.serialize_i64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Outcome {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Outcome {
        self.serialize_i64(value.into())
    }

    // No type has these, and the tables that write them are long.
    fn serialize_f32(self, _: f32) -> Outcome {
        Err(Unreadable)
    }

    fn serialize_f64(self, _: f64) -> Outcome {
        Err(Unreadable)
    }

    fn serialize_char(self, value: char) -> Outcome {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Outcome {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Outcome {
        Err(Unreadable)
    }

    fn serialize_none(self) -> Outcome {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Outcome {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Outcome {
        self.put("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Outcome {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Outcome {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Outcome {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Outcome {
        Err(Unreadable)
    }

    fn serialize_seq(self, _: Option<usize>) -> Outcome<Group<'w>> {
        Ok(Group::new(self, "[", "]"))
    }

    fn serialize_map(self, _: Option<usize>) -> Outcome<Group<'w>> {
        Ok(Group::new(self, "{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Outcome<Group<'w>> {
        Ok(Group::new(self, "{", "}"))
    }

    fn serialize_tuple(self, _: usize) -> Outcome<Self::SerializeTuple> {
        Err(Unreadable)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Outcome<Self::SerializeTupleStruct> {
        Err(Unreadable)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Outcome<Self::SerializeTupleVariant> {
        Err(Unreadable)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Outcome<Self::SerializeStructVariant> {
        Err(Unreadable)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Outcome {
        self.string(&value.to_string());
        Ok(())
    }
}

impl SerializeSeq for Group<'_> {
    type Ok = ();
    type Error = Unreadable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome {
        self.separate();
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Outcome {
        self.finish();
        Ok(())
    }
}

impl SerializeStruct for Group<'_> {
    type Ok = ();
    type Error = Unreadable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Outcome {
        self.name(name);
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Outcome {
        self.finish();
        Ok(())
    }
}

impl SerializeMap for Group<'_> {
    type Ok = ();
    type Error = Unreadable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Outcome {
        // The types' maps have texts as names.
        self.separate();
        name.serialize(&mut *self.writer)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome {
        self.writer.put(":");
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Outcome {
        self.finish();
        Ok(())
    }
}
