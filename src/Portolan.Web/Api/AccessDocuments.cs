using System.Text.Json.Serialization;
using Portolan.Sockets.Documents;

namespace Portolan.Web.Api;

/// <summary>What the server is.</summary>
/// <param name="Product">Always <c>portolan</c>.</param>
/// <param name="Version">Its version.</param>
/// <param name="Bundle">A hash of the page's files.</param>
/// <param name="Login">How sessions begin: <c>link</c>, <c>password</c>.</param>
/// <param name="LinkCommand">The command that makes a link, on the machine of the server.</param>
internal sealed record HelloDocument(
    string Product, string Version, string Bundle, IReadOnlyList<string> Login, string LinkCommand);

/// <summary>A login: one of the two.</summary>
/// <param name="Token">The token of a launch link.</param>
/// <param name="Password">The password.</param>
internal sealed record LoginDocument(string? Token = null, string? Password = null);

/// <summary>A session that begins.</summary>
/// <param name="Key">What requests carry in the header X-Portolan-Key, beside the cookie.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="ExpiresAt">When it ends, RFC 3339.</param>
internal sealed record SessionBegun(string Key, IReadOnlyList<string> Scopes, string ExpiresAt);

/// <param name="Host">The machine.</param>
/// <param name="User">The user of the server.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="ExpiresAt">When it ends; <c>null</c> for a token.</param>
/// <param name="Version">The server's version.</param>
/// <param name="Privileged">Whether the server may read rules and the processes of other users.</param>
/// <param name="Store">Whether the machine has a history.</param>
/// <param name="Fleet">Whether the server shows a fleet.</param>
internal sealed record SessionDocument(
    string Host, UserRecord User, IReadOnlyList<string> Scopes, string? ExpiresAt, string Version, bool Privileged, bool Store,
    bool Fleet);

/// <summary>What a ticket is wanted for.</summary>
/// <param name="Path">The path and query of a download.</param>
internal sealed record TicketRequest(string? Path);

/// <param name="Url">The same path with the ticket in it.</param>
internal sealed record TicketDocument(string Url);

/// <summary>How documents about access are read and written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(HelloDocument))]
[JsonSerializable(typeof(LoginDocument))]
[JsonSerializable(typeof(SessionBegun))]
[JsonSerializable(typeof(SessionDocument))]
[JsonSerializable(typeof(TicketRequest))]
[JsonSerializable(typeof(TicketDocument))]
internal sealed partial class AccessDocuments : JsonSerializerContext;
