using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Prints Unix sockets as netstat does.</summary>
/// <remarks>
/// netstat's reference count is the kernel's (af_unix.c): two for a socket in the table, and one more for each socket that has it as
/// its peer. netlink does not report it, and it follows from the peers. The flag ACC is what the kernel writes for a listener.
/// A connection that waits to be accepted has no inode, so netlink leaves it out (unix_diag) where netstat shows a row CONNECTING.
/// </remarks>
internal sealed class NetstatUnix(SocketFacts facts, ListRequest request, NetstatProgram program)
{
    private readonly Dictionary<uint, uint> _peers = [];

    /// <summary>Prints the rows that are Unix sockets; others are passed over.</summary>
    public void Write(SocketRows rows, string scope, Utf8Writer output)
    {
        CountPeers();
        if (request.Heading)
        {
            output.Write("Active UNIX domain sockets (");
            output.Write(scope);
            output.Write(")\nProto RefCnt Flags       Type       State         I-Node   "u8);
            output.Write(request.Owners ? "PID/Program name     "u8 : default);
            output.WriteLine("Path");
        }

        for (var row = 0; row < rows.Count; row++)
        {
            ref readonly var entry = ref facts.Sockets[rows[row]];
            if (entry.Protocol == SocketProtocol.Unix && Shows(entry))
            {
                WriteRow(entry, output);
            }
        }
    }

    private bool Shows(in SocketEntry entry) => request.Selection.All || request.Selection.FilterNamesStates
        || request.Selection.Listening == (entry.State == SocketState.Listen);

    private void CountPeers()
    {
        for (var i = 0; i < facts.Sockets.Count; i++)
        {
            var peer = facts.Unix(facts.Sockets[i]).PeerInode;
            if (peer != 0)
            {
                _peers[peer] = _peers.GetValueOrDefault(peer) + 1;
            }
        }
    }

    private void WriteRow(in SocketEntry entry, Utf8Writer output)
    {
        var count = 2 + _peers.GetValueOrDefault(entry.Inode);
        output.Write("unix  "u8);
        output.WriteNumber(count);
        output.Pad(6 - NumberText.Length(count));
        output.Write(' ');
        NetstatRenderer.PadRight(output, entry.State == SocketState.Listen ? "[ ACC ]"u8 : "[ ]"u8, 11);
        output.Write(' ');
        NetstatRenderer.PadRight(output, Type(facts.Unix(entry).Type), 10);
        output.Write(' ');
        NetstatRenderer.PadRight(output, State(entry), 13);
        output.Write(' ');
        output.WriteNumber(entry.Inode);
        output.Pad(8 - NumberText.Length(entry.Inode));
        output.Write(' ');
        if (request.Owners)
        {
            program.Write(entry, output);
            output.Write(' ');
        }

        output.Write(facts.UnixPath(entry).Utf8);
        output.WriteLine();
    }

    private static ReadOnlySpan<byte> Type(byte type) => type switch
    {
        1 => "STREAM"u8,
        2 => "DGRAM"u8,
        5 => "SEQPACKET"u8,
        _ => "UNKNOWN"u8,
    };

    // A socket that no file stands for yet waits to be accepted: CONNECTING, or DISCONNECTING when its peer has gone.
    private static ReadOnlySpan<byte> State(in SocketEntry entry) => (entry.State, HasFile: entry.Inode != 0) switch
    {
        (SocketState.Listen, _) => "LISTENING"u8,
        (SocketState.Established, true) => "CONNECTED"u8,
        (SocketState.Established, false) => "CONNECTING"u8,
        (_, false) => "DISCONNECTING"u8,
        _ => ""u8,
    };
}
