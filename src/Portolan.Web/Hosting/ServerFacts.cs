namespace Portolan.Web.Hosting;

/// <summary>What a server is, for those who use it.</summary>
/// <param name="Version">The version of the program.</param>
/// <param name="Bundle">A hash of the page's files.</param>
/// <param name="Host">The machine.</param>
/// <param name="UserId">The user that it runs as.</param>
/// <param name="UserName">That user's name, or <c>null</c>.</param>
/// <param name="IsPrivileged">Whether it may read rules and the processes of other users.</param>
/// <param name="HasStore">Whether the machine has a history.</param>
internal sealed record ServerFacts(
    string Version, string Bundle, string Host, uint UserId, string? UserName, bool IsPrivileged, bool HasStore);
