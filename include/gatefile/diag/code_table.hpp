// SPDX-License-Identifier: Apache-2.0
//
// No include guard: diag/code.hpp and diag/code.cpp include this with GATEFILE_CODE defined.
// clang-format off

// Reading: what no object comes of.
GATEFILE_CODE(InputSyntax,            "input-syntax",            Error,   Refused, None,         "", "a document is not well-formed YAML or JSON, or exceeds a limit")
GATEFILE_CODE(InputNotObject,         "input-not-object",        Error,   Refused, None,         "", "a document is not a Kubernetes object: apiVersion, kind or metadata.name is missing")
GATEFILE_CODE(InputUnreadable,        "input-unreadable",        Error,   Refused, None,         "", "a file or directory that was named cannot be read")
GATEFILE_CODE(KindSkipped,            "kind-skipped",            Note,    Advice,  None,         "", "an object is of a kind that gatefile does not read")
GATEFILE_CODE(KindNotYetServed,       "kind-not-served",         Warning, Advice,  None,         "", "an object is of a Gateway API kind that gatefile does not translate yet")
GATEFILE_CODE(VersionNotServed,       "version-not-served",      Error,   Refused, None,         "", "an object's apiVersion is not one that the API server serves for its kind")
GATEFILE_CODE(DuplicateObject,        "duplicate-object",        Error,   Refused, None,         "", "two documents hold the same object; the first one counts")
GATEFILE_CODE(NamespaceMismatch,      "namespace-mismatch",      Warning, Advice,  None,         "", "an object names another namespace than the one given with -n")

// What the API server would refuse.
GATEFILE_CODE(UnknownField,           "unknown-field",           Error,   Refused, None,         "", "a field that the kind does not have (fieldValidation=Strict)")
GATEFILE_CODE(WrongType,              "wrong-type",              Error,   Refused, None,         "", "a value of another type than the field's")
GATEFILE_CODE(MissingField,           "missing-field",           Error,   Refused, None,         "", "a required field is missing")
GATEFILE_CODE(InvalidValue,           "invalid-value",           Error,   Refused, None,         "", "a value outside the limits, patterns or enumerations of the field")
GATEFILE_CODE(DuplicateItem,          "duplicate-item",          Error,   Refused, None,         "", "two items of a keyed list or set are the same")
GATEFILE_CODE(RuleViolated,           "rule-violated",           Error,   Refused, None,         "", "a validation rule (CEL) of the kind does not hold")
GATEFILE_CODE(RuleNotEvaluated,       "rule-not-evaluated",      Warning, Advice,  None,         "", "a validation rule (CEL) uses what gatefile cannot evaluate")
GATEFILE_CODE(KeptLastGood,           "kept-last-good",          Warning, Advice,  None,         "", "the last good version of an object stays in use because the new one was refused")

// GatewayClass and Gateway.
GATEFILE_CODE(ClassUnsupportedParams, "class-parameters",        Error,   Invalid, Accepted,     "InvalidParameters",   "a GatewayClass refers to parameters, which gatefile does not know")
GATEFILE_CODE(GatewayClassMissing,    "gateway-class-missing",   Warning, Advice,  None,         "", "a Gateway names a GatewayClass that does not exist")
GATEFILE_CODE(GatewayParameters,      "gateway-parameters",      Error,   Invalid, Accepted,     "InvalidParameters",   "a Gateway refers to infrastructure parameters, which gatefile does not know")
GATEFILE_CODE(GatewayClassRefused,    "gateway-class-refused",   Error,   Invalid, Accepted,     "InvalidParameters",   "a Gateway names a GatewayClass of ours that is not accepted")
GATEFILE_CODE(GatewayClientCertificate, "gateway-client-certificate", Error, Resolve, ResolvedRefs, "InvalidClientCertificateRef", "the client certificate of a Gateway does not exist or cannot be used; requests to backends over TLS fail")
GATEFILE_CODE(GatewayClientCertificateDenied, "gateway-client-certificate-denied", Error, Resolve, ResolvedRefs, "RefNotPermitted", "a Gateway refers to a client certificate in another namespace without a ReferenceGrant")
GATEFILE_CODE(GatewayDefaultScope,    "gateway-default-scope",   Warning, Advice,  None,         "", "default Gateways are not served: routes need parentRefs")
GATEFILE_CODE(GatewayInfrastructure,  "gateway-infrastructure",  Note,    Advice,  None,         "", "a Gateway has labels or annotations for its infrastructure, of which nothing is made without --gateway-services")
GATEFILE_CODE(AddressUnsupported,     "address-unsupported",     Error,   Invalid, Accepted,     "UnsupportedAddress",  "a Gateway asks for an address of a type that cannot be given")
GATEFILE_CODE(AddressNotUsable,       "address-not-usable",      Error,   Invalid, Programmed,   "AddressNotUsable",    "a Gateway asks for an address that no slot has")
GATEFILE_CODE(AddressNotAssigned,     "address-not-assigned",    Error,   Invalid, Programmed,   "AddressNotAssigned",  "no free slot of entry points is left for a Gateway")

// ListenerSets.
GATEFILE_CODE(ListenerSetNotAllowed,  "listener-set-not-allowed", Error,  Invalid, Accepted,     "NotAllowed",          "the Gateway does not take the listeners of a ListenerSet")
GATEFILE_CODE(ListenerSetParentMissing, "listener-set-parent-missing", Warning, Advice, None,    "", "a ListenerSet names a Gateway that does not exist")
GATEFILE_CODE(ListenerSetDetached,    "listener-set-detached",   Note,    Advice,  None,         "", "a ListenerSet names no Gateway of this instance")

// Listeners.
GATEFILE_CODE(ListenerProtocol,       "listener-protocol",       Error,   Invalid, Accepted,     "UnsupportedProtocol", "a listener's protocol is not supported")
GATEFILE_CODE(ListenerPort,           "listener-port",           Error,   Invalid, Accepted,     "PortUnavailable",     "a listener's port has no entry point in Traefik")
GATEFILE_CODE(ListenerPortTaken,      "listener-port-taken",     Error,   Invalid, Accepted,     "PortUnavailable",     "a listener's entry point serves another Gateway's listener, from which it cannot be told apart")
GATEFILE_CODE(ListenerKinds,          "listener-kinds",          Error,   Resolve, ResolvedRefs, "InvalidRouteKinds",   "a listener allows a kind of route that its protocol cannot have")
GATEFILE_CODE(ListenerTlsMode,        "listener-tls-mode",       Error,   Invalid, Accepted,     "UnsupportedValue",    "a listener's TLS setting cannot be honoured")
GATEFILE_CODE(ListenerAuthority,      "listener-authority",      Error,   Resolve, ResolvedRefs, "InvalidCACertificateRef", "certificates to verify clients with do not exist or cannot be used")
GATEFILE_CODE(ListenerAuthorityKind,  "listener-authority-kind", Error,   Resolve, ResolvedRefs, "InvalidCACertificateKind", "certificates to verify clients with are referred to in an object of a kind that holds none")
GATEFILE_CODE(ListenerAuthorityDenied, "listener-authority-denied", Error, Resolve, ResolvedRefs, "RefNotPermitted",    "certificates to verify clients with are in another namespace without a ReferenceGrant")
GATEFILE_CODE(ListenerNoAuthority,    "listener-no-authority",   Error,   Invalid, Accepted,     "NoValidCACertificate", "a listener is left without certificates to verify clients with, so it is not served")
GATEFILE_CODE(ClientsNotVerified,     "clients-not-verified",    Warning, Advice,  None,         "", "clients may show any certificate or none (AllowInsecureFallback)")
GATEFILE_CODE(ListenerFilters,        "listener-filters",        Error,   Invalid, Accepted,     "UnsupportedValue",    "a listener has filters, which cannot be run")
GATEFILE_CODE(ListenerHostConflict,   "listener-host-conflict",  Error,   Invalid, Conflicted,   "HostnameConflict",    "two listeners have the same port, protocol and hostname")
GATEFILE_CODE(ListenerProtocolConflict, "listener-protocol-conflict", Error, Invalid, Conflicted, "ProtocolConflict",   "two listeners with different protocols share a port")
GATEFILE_CODE(CertificateRef,         "certificate-ref",         Error,   Resolve, ResolvedRefs, "InvalidCertificateRef", "a listener's certificate does not exist or cannot be used")
GATEFILE_CODE(CertificateRefDenied,   "certificate-ref-denied",  Error,   Resolve, ResolvedRefs, "RefNotPermitted",     "a listener refers to a Secret of another namespace without a ReferenceGrant")
GATEFILE_CODE(CertificateOverlap,     "certificate-overlap",     Warning, Advice,  None,         "", "two certificates of one Traefik have the same name; only one can be served")
GATEFILE_CODE(CertificateMissing,     "certificate-missing",     Error,   Invalid, Programmed,   "Invalid",             "a listener is not served because another listener's certificate stands in the way of its own")
GATEFILE_CODE(ListenerOverlap,        "listener-overlap",        Warning, Advice,  None,         "", "hostnames or TLS options of two listeners cannot be told apart by Traefik")
GATEFILE_CODE(EntryPointRedirects,    "entry-point-redirects",   Error,   Invalid, Accepted,     "PortUnavailable",     "the entry point redirects every request, so the listener never serves")
GATEFILE_CODE(EntryPointAlters,       "entry-point-alters",      Warning, Advice,  None,         "", "Traefik's static configuration changes what a route says")
GATEFILE_CODE(HostCaptured,           "host-captured",           Warning, Advice,  None,         "", "a narrower listener of another Gateway on the same entry point takes a route's host")

// Attachment of routes.
GATEFILE_CODE(RouteNoParent,          "route-no-parent",         Error,   Invalid, Accepted,     "NoMatchingParent",    "a parentRef matches no listener of the Gateway")
GATEFILE_CODE(RouteNotAllowed,        "route-not-allowed",       Error,   Invalid, Accepted,     "NotAllowedByListeners", "the listeners do not allow routes of this namespace or kind")
GATEFILE_CODE(RouteNoHostname,        "route-no-hostname",       Error,   Invalid, Accepted,     "NoMatchingListenerHostname", "no hostname of the route matches a listener's")
GATEFILE_CODE(RouteParentMissing,     "route-parent-missing",    Warning, Advice,  None,         "", "a parentRef names a Gateway that does not exist")
GATEFILE_CODE(RouteDetached,          "route-detached",          Note,    Advice,  None,         "", "a route refers to no Gateway of this instance")

// Rules.
GATEFILE_CODE(RuleUnsupported,        "rule-unsupported",        Error,   Invalid, Accepted,     "UnsupportedValue",    "Traefik cannot express a field in the chosen format")
GATEFILE_CODE(RuleApproximated,       "rule-approximated",       Warning, Advice,  None,         "", "a field is served approximately, as --approximate allows")
GATEFILE_CODE(RedirectMethods,        "redirect-methods",        Warning, Advice,  None,         "", "a redirect is served to some methods only, because Traefik gives it another status for the others")
GATEFILE_CODE(FiltersIncompatible,    "filters-incompatible",    Error,   Invalid, Accepted,     "IncompatibleFilters", "filters of a rule exclude each other or occur twice")
GATEFILE_CODE(RegexInvalid,           "regex-invalid",           Error,   Invalid, Accepted,     "UnsupportedValue",    "a regular expression is not one that Traefik (Go) accepts")
GATEFILE_CODE(ExtensionUnknown,       "extension-unknown",       Error,   Resolve, ResolvedRefs, "InvalidKind",         "an ExtensionRef names a kind that gatefile does not know")
GATEFILE_CODE(ExtensionNotFound,      "extension-not-found",     Error,   Resolve, ResolvedRefs, "ExtensionNotFound",   "an ExtensionRef names a Middleware that does not exist or was refused")
GATEFILE_CODE(ExtensionUnusable,      "extension-unusable",      Error,   Resolve, ResolvedRefs, "ExtensionNotUsable",  "a Middleware refers to what does not exist or cannot be used")
GATEFILE_CODE(HeaderRepeated,         "header-repeated",         Warning, Advice,  None,         "", "one header is named twice in different spellings; the first entry counts")
GATEFILE_CODE(RuleShadowed,           "rule-shadowed",           Warning, Advice,  None,         "", "a rule can never match because an earlier one takes all its requests")

// Backends.
GATEFILE_CODE(BackendNotFound,        "backend-not-found",       Error,   Resolve, ResolvedRefs, "BackendNotFound",     "a backendRef names a Service or port that does not exist")
GATEFILE_CODE(BackendDenied,          "backend-denied",          Error,   Resolve, ResolvedRefs, "RefNotPermitted",     "a backendRef to another namespace without a ReferenceGrant")
GATEFILE_CODE(BackendKind,            "backend-kind",            Error,   Resolve, ResolvedRefs, "InvalidKind",         "a backendRef names a kind that cannot be a backend")
GATEFILE_CODE(BackendProtocol,        "backend-protocol",        Error,   Resolve, ResolvedRefs, "UnsupportedProtocol", "a Service port's appProtocol cannot be served")
GATEFILE_CODE(BackendPolicyInvalid,   "backend-policy-invalid",  Warning, Advice,  None,         "", "a backendRef leads to a Service whose BackendTLSPolicy is not valid, so requests fail")
GATEFILE_CODE(BackendNoEndpoints,     "backend-no-endpoints",    Warning, Advice,  None,         "", "a Service has no ready endpoint")
GATEFILE_CODE(BackendAddressRefused,  "backend-address-refused", Error,   Resolve, ResolvedRefs, "BackendNotFound",     "an endpoint's address is one that gatefile does not forward to")

// BackendTLSPolicies.
GATEFILE_CODE(PolicyDetached,         "policy-detached",         Note,    Advice,  None,         "", "a BackendTLSPolicy is for no Service that a route of this instance leads to")
GATEFILE_CODE(PolicyTargetMissing,    "policy-target-missing",   Error,   Invalid, Accepted,     "TargetNotFound",      "a BackendTLSPolicy names a port that its Service does not have")
GATEFILE_CODE(PolicyConflict,         "policy-conflict",         Error,   Invalid, Accepted,     "Conflicted",          "an older BackendTLSPolicy is for the same target")
GATEFILE_CODE(PolicyAuthority,        "policy-authority",        Error,   Resolve, ResolvedRefs, "InvalidCACertificateRef", "certificates that a BackendTLSPolicy refers to do not exist or cannot be used")
GATEFILE_CODE(PolicyAuthorityKind,    "policy-authority-kind",   Error,   Resolve, ResolvedRefs, "InvalidKind",         "a BackendTLSPolicy refers to certificates in an object of a kind that holds none")
GATEFILE_CODE(PolicyNoAuthority,      "policy-no-authority",     Error,   Invalid, Accepted,     "NoValidCACertificate", "a BackendTLSPolicy is left without certificates to verify with; its backends fail")
GATEFILE_CODE(PolicyUnsupported,      "policy-unsupported",      Error,   Invalid, Accepted,     "Invalid",             "something of a BackendTLSPolicy cannot be honoured; its backends fail")

// Lint.
GATEFILE_CODE(GrantUnused,            "grant-unused",            Warning, Advice,  None,         "", "a ReferenceGrant permits a reference that nothing makes")
GATEFILE_CODE(CertificateNotCovering, "certificate-not-covering", Warning, Advice, None,         "", "no certificate of the listener covers a hostname that it serves")
GATEFILE_CODE(CertificateExpired,     "certificate-expired",     Warning, Advice,  None,         "", "a certificate has expired or is not valid yet")
GATEFILE_CODE(SelectorUnmatched,      "selector-unmatched",      Warning, Advice,  None,         "", "a namespace selector could not be judged because the Namespace's labels are not known")
// clang-format on
