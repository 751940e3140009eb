using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>
/// A route of the API. Routes are data: the server maps them, the OpenAPI document and the tests of access enumerate them.
/// </summary>
/// <param name="Method">GET, POST or DELETE.</param>
/// <param name="Path">As ASP.NET routes have it: <c>/api/ports/{port}</c>.</param>
/// <param name="Scope">What the caller needs; <see cref="Access.Scope.None"/> for a route that is open to all.</param>
/// <param name="Summary">What it answers, in one sentence for its documentation.</param>
/// <param name="Handle">Answers. Throws <see cref="ApiError"/> to refuse.</param>
internal sealed record ApiRoute(string Method, string Path, Scope Scope, string Summary, Func<ApiExchange, Task> Handle)
{
    /// <summary>The parameters of its query.</summary>
    internal IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>What its body is read as; <c>null</c> where it takes none.</summary>
    internal Type? BodyType { get; init; }

    /// <summary>The document that it answers with; <c>null</c> where it answers with none.</summary>
    internal Type? AnswerType { get; init; }

    /// <summary>The document that it answers with instead where the body asks for that; <c>null</c> for none.</summary>
    internal Type? OtherAnswerType { get; init; }

    /// <summary>The type of its answer, where that is not JSON; else <c>null</c>.</summary>
    internal string? MediaType { get; init; }

    /// <summary>Whether the audit log has a line for each request.</summary>
    internal bool IsAudited { get; init; }

    /// <summary>Whether a ticket stands for the session: a link of a download, which cannot send the key.</summary>
    internal bool TakesTicket { get; init; }
}

/// <summary>A parameter of a query.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it chooses.</param>
internal sealed record Parameter(string Name, string Summary);
