//! Elements: one type that knows its tag only where somebody asks for it.

use std::marker::PhantomData;

use wasm_bindgen::{JsCast, convert::FromWasmAbi};
use web_sys::{Element, HtmlTemplateElement, Node};

use crate::{
    attribute::{self, IntoAttributeValue, IntoClass},
    bind::{self, Bound},
    event::{self, Event, Targeted},
    helpers::document,
    node_ref::NodeRef,
    view::{AnyView, IntoView, append},
};

/// The name space of the elements of a drawing.
const SVG: &str = "http://www.w3.org/2000/svg";

/// An element of the page. `E` is its tag.
#[derive(Debug)]
pub struct HtmlElement<E> {
    element: Element,
    tag: PhantomData<E>,
}

/// A tag, and what the browser calls its elements.
pub trait ElementType {
    /// The browser's type.
    type Output: JsCast + Clone + 'static;
}

impl<E: ElementType> HtmlElement<E> {
    fn new(element: Element) -> Self {
        Self {
            element,
            tag: PhantomData,
        }
    }

    /// Puts something behind its last child.
    #[must_use]
    pub fn child(self, child: impl IntoView) -> Self {
        child.append_to(&self.element);
        self
    }

    /// Sets an attribute of any name.
    #[must_use]
    pub fn attr(self, name: &'static str, value: impl IntoAttributeValue) -> Self {
        value.set_on(&self.element, name);
        self
    }

    /// Sets a property of its object: what it is now, where the attribute is what it was at first.
    #[must_use]
    pub fn prop(self, name: &'static str, value: impl IntoAttributeValue) -> Self {
        attribute::set_property(&self.element, name, value.into_attribute_value());
        self
    }

    /// Sets its classes, or whether it has one of them.
    #[must_use]
    pub fn class(self, class: impl IntoClass) -> Self {
        class.set_on(&self.element);
        self
    }

    /// Calls back at an event.
    #[must_use]
    pub fn on<V: Event>(self, event: V, call: impl FnMut(V::Type) + 'static) -> Self
    where
        V::Type: FromWasmAbi,
    {
        event::listen_on(self.element.clone(), event.name(), event::erase(call));
        self
    }

    /// Calls back at an event, with this element as its target.
    #[must_use]
    pub fn on_target<V: Event>(
        self,
        event: V,
        mut call: impl FnMut(Targeted<V::Type, E::Output>) + 'static,
    ) -> Self
    where
        V::Type: FromWasmAbi,
    {
        let target: E::Output = self.element.clone().unchecked_into();
        self.on(event, move |event| {
            call(Targeted::new(event, target.clone()));
        })
    }

    /// Ties what the person types or ticks to a signal, both ways.
    #[must_use]
    pub fn bind<B: Bound>(self, _: B, signal: B::Signal) -> Self {
        bind::tie::<B>(&self.element, signal);
        self
    }

    /// Makes the element known to its page.
    #[must_use]
    pub fn node_ref(self, node: NodeRef<E>) -> Self {
        node.load(&self.element);
        self
    }
}

impl<E: ElementType> IntoView for HtmlElement<E> {
    fn append_to(self, parent: &Node) {
        append(parent, &self.element);
    }

    fn into_any(self) -> AnyView {
        AnyView(self.element.into())
    }
}

/// One method for each attribute.
macro_rules! attributes {
    ($($method:ident $name:literal)*) => {
        impl<E: ElementType> HtmlElement<E> {$(
            #[doc = concat!("Sets `", $name, "`.")]
            #[must_use]
            pub fn $method(self, value: impl IntoAttributeValue) -> Self {
                self.attr($name, value)
            }
        )*}
    };
}

attributes! {
    aria_busy "aria-busy"
    aria_checked "aria-checked"
    aria_controls "aria-controls"
    aria_current "aria-current"
    aria_describedby "aria-describedby"
    aria_disabled "aria-disabled"
    aria_expanded "aria-expanded"
    aria_haspopup "aria-haspopup"
    aria_hidden "aria-hidden"
    aria_invalid "aria-invalid"
    aria_label "aria-label"
    aria_labelledby "aria-labelledby"
    aria_live "aria-live"
    aria_multiline "aria-multiline"
    aria_pressed "aria-pressed"
    aria_readonly "aria-readonly"
    aria_selected "aria-selected"
    autocapitalize "autocapitalize"
    autocomplete "autocomplete"
    autofocus "autofocus"
    checked "checked"
    colspan "colspan"
    datetime "datetime"
    dir "dir"
    disabled "disabled"
    download "download"
    r#for "for"
    hidden "hidden"
    href "href"
    id "id"
    inputmode "inputmode"
    max "max"
    maxlength "maxlength"
    min "min"
    name "name"
    open "open"
    placeholder "placeholder"
    rel "rel"
    required "required"
    role "role"
    rows "rows"
    scope "scope"
    selected "selected"
    spellcheck "spellcheck"
    tabindex "tabindex"
    target "target"
    title "title"
    translate "translate"
    r#type "type"
    value "value"
}

/// One function and one type for each tag.
macro_rules! tags {
    ($make:ident: $($tag:ident $name:literal $kind:ident $output:ty;)*) => {$(
        #[doc = concat!("The tag of `<", $name, ">`.")]
        #[derive(Debug)]
        pub enum $kind {}

        impl ElementType for $kind {
            type Output = $output;
        }

        #[doc = concat!("Makes a `<", $name, ">`.")]
        #[must_use]
        pub fn $tag() -> HtmlElement<$kind> {
            HtmlElement::new($make($name))
        }
    )*};
}

/// The elements of a page.
pub mod html {
    use web_sys::{
        HtmlButtonElement, HtmlDialogElement, HtmlElement as Plain, HtmlInputElement,
        HtmlSelectElement, HtmlTextAreaElement,
    };

    use super::{ElementType, HtmlElement, element};

    tags! { element:
        a "a" A Plain;
        aside "aside" Aside Plain;
        bdi "bdi" Bdi Plain;
        button "button" Button HtmlButtonElement;
        code "code" Code Plain;
        dd "dd" Dd Plain;
        details "details" Details Plain;
        dialog "dialog" Dialog HtmlDialogElement;
        div "div" Div Plain;
        dl "dl" Dl Plain;
        dt "dt" Dt Plain;
        fieldset "fieldset" Fieldset Plain;
        figcaption "figcaption" Figcaption Plain;
        figure "figure" Figure Plain;
        form "form" Form Plain;
        h1 "h1" H1 Plain;
        h2 "h2" H2 Plain;
        h3 "h3" H3 Plain;
        h4 "h4" H4 Plain;
        header "header" Header Plain;
        input "input" Input HtmlInputElement;
        label "label" Label Plain;
        legend "legend" Legend Plain;
        li "li" Li Plain;
        main "main" Main Plain;
        nav "nav" Nav Plain;
        ol "ol" Ol Plain;
        option "option" Option_ Plain;
        p "p" P Plain;
        q "q" Q Plain;
        section "section" Section Plain;
        select "select" Select HtmlSelectElement;
        span "span" Span Plain;
        strong "strong" Strong Plain;
        summary "summary" Summary Plain;
        table "table" Table Plain;
        tbody "tbody" Tbody Plain;
        td "td" Td Plain;
        textarea "textarea" Textarea HtmlTextAreaElement;
        th "th" Th Plain;
        thead "thead" Thead Plain;
        time "time" Time Plain;
        tr "tr" Tr Plain;
        ul "ul" Ul Plain;
    }
}

/// The elements of a drawing.
pub mod svg {
    use web_sys::Element as Plain;

    use super::{ElementType, HtmlElement, svg_element};

    tags! { svg_element:
        g "g" G Plain;
        line "line" Line Plain;
        path "path" Path Plain;
        rect "rect" Rect Plain;
        svg "svg" Svg Plain;
        text "text" Text Plain;
        r#use "use" Use Plain;
    }
}

/// The browser refuses only names that no element can have, and none of ours is one.
fn element(tag: &'static str) -> Element {
    let made = document().create_element(tag);
    made.unwrap_or_else(|fault| wasm_bindgen::throw_val(fault))
}

fn svg_element(tag: &'static str) -> Element {
    let made = document().create_element_ns(Some(SVG), tag);
    made.unwrap_or_else(|fault| wasm_bindgen::throw_val(fault))
}

/// A part of a page without anything that changes, as text: shorter than calls that build it.
#[doc(hidden)]
#[derive(Debug)]
pub struct InertElement(&'static str);

impl InertElement {
    #[must_use]
    pub fn new(html: &'static str) -> Self {
        Self(html)
    }
}

impl IntoView for InertElement {
    fn append_to(self, parent: &Node) {
        let template: HtmlTemplateElement = element("template").unchecked_into();
        template.set_inner_html(self.0);
        append(parent, &template.content());
    }
}

/// The same in a drawing, whose elements have another name space.
#[doc(hidden)]
#[derive(Debug)]
pub struct InertSvg(&'static str);

impl InertSvg {
    #[must_use]
    pub fn new(html: &'static str) -> Self {
        Self(html)
    }
}

impl IntoView for InertSvg {
    fn append_to(self, parent: &Node) {
        let around = svg_element("svg");
        around.set_inner_html(self.0);
        while let Some(node) = around.first_child() {
            append(parent, &node);
        }
    }
}
