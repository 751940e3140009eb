using System.Text.Json.Serialization;

namespace Portolan.Web.Access;

/// <summary>A session as its file has it.</summary>
/// <param name="Id">The hash of the cookie's value.</param>
/// <param name="Key">The hash of the key that requests carry beside the cookie.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="ExpiresAt">When it ends.</param>
internal sealed record SessionRecord(string Id, string Key, Scope Scopes, DateTimeOffset ExpiresAt);

/// <summary>A token of the API as its file has it.</summary>
/// <param name="Name">What it was called when it was made.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="MadeAt">When it was made.</param>
internal sealed record TokenRecord(string Name, string Hash, Scope Scopes, DateTimeOffset MadeAt);

/// <summary>A launch link that was not opened yet.</summary>
/// <param name="Scopes">What its session may do.</param>
/// <param name="ExpiresAt">Until when it opens.</param>
internal sealed record LinkRecord(Scope Scopes, DateTimeOffset ExpiresAt);

/// <summary>A server that runs.</summary>
/// <param name="Url">Where its page is; <c>null</c> where no address points to it.</param>
/// <param name="Scopes">What its sessions may do at most.</param>
internal sealed record ServerRecord(string? Url, Scope Scopes);

/// <summary>How the files of access are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<SessionRecord>))]
[JsonSerializable(typeof(List<TokenRecord>))]
[JsonSerializable(typeof(LinkRecord))]
[JsonSerializable(typeof(ServerRecord))]
internal sealed partial class AccessRecords : JsonSerializerContext;
