namespace Portolan.Web.Hosting;

/// <summary>What a server is, for those who use it.</summary>
/// <param name="Version">The version of the program.</param>
/// <param name="Bundle">A hash of the page's files.</param>
/// <param name="Host">The machine.</param>
/// <param name="UserId">The user that it runs as.</param>
/// <param name="UserName">That user's name, or <c>null</c>.</param>
/// <param name="IsPrivileged">Whether it may read rules and the processes of other users.</param>
/// <param name="StorePath">Where the machine's history is, if there is one; <c>null</c> where there is no place for it.</param>
internal sealed record ServerFacts(
    string Version, string Bundle, string Host, uint UserId, string? UserName, bool IsPrivileged, string? StorePath)
{
    /// <summary>Whether the machine has a history.</summary>
    internal bool HasStore => File.Exists(StorePath);
}
