//! The one route table: what is served where. Hot paths first, because they are matched in this order.

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{handlers as h, page};

/// Everything that openapi.yaml describes.
pub fn api(config: &mut ServiceConfig<'_>) {
    config.service(
        utoipa_actix_web::scope("/api/v1")
            .service(h::forward_auth::forward_auth)
            .service(h::verify::verify_key)
            .service(h::verify::show_key_self)
            .service(h::session::show_session)
            .service(h::session::sign_in)
            .service(h::session::claim_session)
            .service(h::session::confirm_session)
            .service(h::session::sign_out)
            .service(h::setup::set_up)
            .service(h::me::show_me)
            .service(h::me::update_me)
            .service(h::me::change_password)
            .service(h::second_factor::begin_second_factor)
            .service(h::second_factor::confirm_second_factor)
            .service(h::second_factor::end_second_factor)
            .service(h::sessions::list_sessions)
            .service(h::sessions::end_other_sessions)
            .service(h::sessions::end_session)
            .service(h::tokens::list_tokens)
            .service(h::tokens::create_token)
            .service(h::tokens::revoke_token)
            .service(h::users::list_users)
            .service(h::users::create_user)
            .service(h::users::update_user)
            .service(h::users::create_sign_in_link)
            .service(h::second_factor::reset_second_factor)
            .service(h::audit::list_audit)
            .service(h::projects::list_projects)
            .service(h::projects::create_project)
            .service(h::projects::show_project)
            .service(h::projects::update_project)
            .service(h::projects::archive_project)
            .service(h::members::list_members)
            .service(h::members::add_member)
            .service(h::members::update_member)
            .service(h::members::remove_member)
            .service(h::calls::test_backend)
            .service(h::memories::list_memories)
            .service(h::memories::delete_memory)
            .service(h::keys::list_keys)
            .service(h::keys::create_key)
            .service(h::keys::show_key)
            .service(h::keys::update_key)
            .service(h::rotate::rotate_key)
            .service(h::revoke::end_overlap)
            .service(h::revoke::revoke_key)
            .service(h::audit::list_project_audit)
            .service(h::usage::show_project_usage)
            .service(h::usage::show_key_usage)
            .service(h::hygiene::list_hygiene)
            .service(h::calls::list_calls)
            .service(h::events::follow_key),
    );
    config
        .service(h::machine::show_health)
        .service(h::machine::show_readiness)
        .service(h::machine::show_metrics)
        .service(h::machine::show_openapi_json)
        .service(h::machine::show_openapi_json_3_0)
        .service(h::machine::show_openapi_yaml);
}

/// What the description leaves out: pages, the MCP endpoint, and the fall-back.
pub fn rest(config: &mut web::ServiceConfig) {
    config
        .route("/{slug}/mcp/v1", web::route().to(h::mcp::answer_mcp))
        .service(
            web::scope("/.well-known")
                .route(
                    "/oauth-protected-resource{tail:.*}",
                    web::route().to(h::mcp::no_oauth),
                )
                .route(
                    "/oauth-authorization-server{tail:.*}",
                    web::route().to(h::mcp::no_oauth),
                )
                .route(
                    "/openid-configuration{tail:.*}",
                    web::route().to(h::mcp::no_oauth),
                ),
        )
        // Where clients would register that insist on OAuth.
        .route("/register", web::route().to(h::mcp::no_oauth))
        // Before the app's own files, whose pattern takes it too.
        .service(page::show_style)
        .service(h::assets::show_asset)
        // Before Swagger UI's own files, whose pattern takes everything below /docs.
        .service(h::docs::list_errors)
        .service(h::docs::show_error)
        .service(h::guides::redirect_guide)
        .service(h::guides::show_guide)
        .service(h::docs::redirect_docs)
        .service(h::docs::show_docs)
        .service(h::spa::show_home)
        .default_service(web::route().to(h::spa::fall_back));
}

/// The routes' own description.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    use utoipa_actix_web::AppExt as _;
    let (_, mut generated) = actix_web::App::new()
        .into_utoipa_app()
        .configure(api)
        .split_for_parts();
    let components = generated.components.get_or_insert_with(Default::default);
    // Schemas that no body names: those of problems and of parameters.
    register::<latchkey_types::Problem>(components);
    register::<latchkey_types::Timestamp>(components);
    register::<latchkey_types::SessionId>(components);
    register::<latchkey_types::key::Environment>(components);
    register::<latchkey_types::receipt::GivenReason>(components);
    register::<h::keys::StatusChoice>(components);
    register::<h::audit::Format>(components);
    generated
}

fn register<T: utoipa::ToSchema>(components: &mut utoipa::openapi::Components) {
    let mut inner = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut inner);
    for (name, schema) in inner {
        components.schemas.entry(name).or_insert(schema);
    }
}
