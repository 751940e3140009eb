namespace Portolan.Lab.Services.Small;

/// <summary>Whom the small services may answer over UDP.</summary>
internal static class SmallReplies
{
    /// <summary>
    /// Not each other: two that do send the same datagram to and fro for ever, as in the attacks of 1996 (CERT CA-1996-01).
    /// </summary>
    internal static bool MayAnswer(ServiceCall call) =>
        call.Remote.Port is not (0 or 7 or 9 or 13 or 17 or 19 or 37) && call.Remote.Port != call.Local.Port;
}
