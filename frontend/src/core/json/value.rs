//! The text as serde's types ask for it.

use std::fmt::Display;

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor,
        value::{StringDeserializer, U64Deserializer},
    },
    forward_to_deserialize_any,
};

use super::text::{Number, Start, Text, Unreadable};

impl Display for Unreadable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("unreadable")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

type Outcome<T> = Result<T, Unreadable>;

impl<'de> Deserializer<'de> for &mut Text<'_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self.start()? {
            Start::Null => self.deserialize_unit(visitor),
            Start::Bool => visitor.visit_bool(self.bool()?),
            Start::Number => self.deserialize_i64(visitor),
            Start::String => visitor.visit_string(self.string()?),
            Start::Array => self.deserialize_seq(visitor),
            Start::Object => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_bool(self.bool()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self.number()? {
            Number::Positive(number) => visitor.visit_u64(number),
            Number::Negative(number) => visitor.visit_i64(number),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        if self.takes_word("null") {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        if self.takes_word("null") {
            visitor.visit_unit()
        } else {
            Err(Unreadable)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Outcome<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.expect(b'[')?;
        let mut is_first = true;
        visitor.visit_seq(Items {
            text: self,
            is_first: &mut is_first,
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.expect(b'{')?;
        visitor.visit_map(Entries {
            text: self,
            is_first: true,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        self.expect(b'{')?;
        visitor.visit_map(Fields {
            text: self,
            names,
            is_first: true,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        let name = self.string()?;
        let index = names.iter().position(|known| *known == name);
        visitor.visit_enum(Word(index.ok_or(Unreadable)? as u64))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit_struct tuple tuple_struct identifier
    }
}

/// The items of an array.
struct Items<'t, 'a> {
    text: &'t mut Text<'a>,
    is_first: &'t mut bool,
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Outcome<Option<T::Value>> {
        let is_first = std::mem::replace(self.is_first, false);
        if self.text.has_item(is_first, b']')? {
            seed.deserialize(&mut *self.text).map(Some)
        } else {
            Ok(None)
        }
    }
}

/// The names and values of an object without a type.
struct Entries<'t, 'a> {
    text: &'t mut Text<'a>,
    is_first: bool,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Outcome<Option<K::Value>> {
        let is_first = std::mem::replace(&mut self.is_first, false);
        if !self.text.has_item(is_first, b'}')? {
            return Ok(None);
        }
        let name: StringDeserializer<_> = self.text.string()?.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Outcome<V::Value> {
        self.text.expect(b':')?;
        seed.deserialize(&mut *self.text)
    }
}

/// The fields of a type. Given by their place in the type, so that no type compares names itself.
struct Fields<'t, 'a> {
    text: &'t mut Text<'a>,
    names: &'static [&'static str],
    is_first: bool,
}

impl Fields<'_, '_> {
    /// The next field that the type knows.
    fn next(&mut self) -> Outcome<Option<u64>> {
        loop {
            let is_first = std::mem::replace(&mut self.is_first, false);
            if !self.text.has_item(is_first, b'}')? {
                return Ok(None);
            }
            let name = self.text.string()?;
            self.text.expect(b':')?;
            match self.names.iter().position(|known| *known == name) {
                Some(index) => return Ok(Some(index as u64)),
                None => self.text.skip()?,
            }
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Outcome<Option<K::Value>> {
        let Some(index) = self.next()? else {
            return Ok(None);
        };
        let index: U64Deserializer<_> = index.into_deserializer();
        seed.deserialize(index).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Outcome<V::Value> {
        seed.deserialize(&mut *self.text)
    }
}

/// One of an enum's words, by its place.
struct Word(u64);

impl<'de> EnumAccess<'de> for Word {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Outcome<(V::Value, Self)> {
        let index: U64Deserializer<_> = self.0.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word {
    type Error = Unreadable;

    fn unit_variant(self) -> Outcome<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Outcome<T::Value> {
        Err(Unreadable)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Outcome<V::Value> {
        Err(Unreadable)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Outcome<V::Value> {
        Err(Unreadable)
    }
}
