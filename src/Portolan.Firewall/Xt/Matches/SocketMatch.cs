namespace Portolan.Firewall.Xt.Matches;

/// <summary>Whether the packet has a local socket (linux/netfilter/xt_socket.h).</summary>
/// <param name="OnlyTransparent">Whether only a transparent one counts (--transparent).</param>
/// <param name="TakesWildcard">Whether one that is bound to every address counts (--nowildcard).</param>
/// <param name="RestoresMark">Whether the packet gets the socket's mark (--restore-skmark).</param>
public sealed record SocketMatch(bool OnlyTransparent, bool TakesWildcard, bool RestoresMark) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("socket", 0, 3, Decode)];

    private static SocketMatch? Decode(XtPayload payload)
    {
        if (payload.Revision == 0)
        {
            return new SocketMatch(false, false, false);
        }

        return payload.Has(1) && payload.Byte(0) is var flags
            ? new SocketMatch((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0)
            : null;
    }
}
