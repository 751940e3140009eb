using System.Globalization;
using Portolan.Lab.Services;

namespace Portolan.Lab.Scenarios;

/// <summary>The socket pairs of a whole scenario, each with what crossed the wire between its sockets.</summary>
internal static class ConversationTable
{
    /// <summary>A scan has thousands; the first show what they are like.</summary>
    private const int Most = 24;

    /// <summary>The column of the name of who asked; its socket stands behind it.</summary>
    private const int From = 2;

    /// <summary>The column of the socket that was asked; its name stands behind it.</summary>
    private const int To = 5;

    internal static IReadOnlyList<string> Lines(IReadOnlyList<PairConversation> conversations, ILabDirectory directory)
    {
        if (conversations.Count == 0)
        {
            return [];
        }

        return TextColumns.Lines(
            ["#", "", "from", "socket", "", "socket", "to", "packets", "bytes", ""],
            conversations.Take(Most).Select((c, i) => (IReadOnlyList<string>)
            [
                string.Create(CultureInfo.InvariantCulture, $"{i + 1}"),
                c.Protocol == TransportProtocol.Tcp ? "tcp" : "udp",
                directory.NameOf(c.Source) ?? c.Sender,
                NetstatTable.Name(c.Source, c.SourcePort),
                "->",
                NetstatTable.Name(c.Destination, c.DestinationPort),
                directory.NameOf(c.Destination) ?? c.Receiver ?? "",
                string.Create(CultureInfo.InvariantCulture, $"{c.PacketsThere} + {c.PacketsBack}"),
                c.IsTls ? "TLS" : string.Create(CultureInfo.InvariantCulture, $"{c.BytesThere} + {c.BytesBack}"),
                Name(c.Outcome),
            ]),
            [(From, From + 1), (To, To + 1)],
            conversations.Count <= Most
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"... and {conversations.Count - Most:N0} more"));
    }

    internal static string Name(ConversationEnd end) => end switch
    {
        ConversationEnd.None => "",
        ConversationEnd.Unanswered => "unanswered",
        ConversationEnd.Open => "open",
        ConversationEnd.Closed => "closed",
        ConversationEnd.Reset => "reset",
        _ => throw new ArgumentOutOfRangeException(nameof(end)),
    };
}
