using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Cli.Listing;

/// <summary>
/// Prints sockets as netstat of net-tools 2.10 does: its headings, columns, widths and choice of rows, found by running it. A kernel
/// test compares the two line by line.
/// </summary>
/// <remarks>
/// Differences on purpose: control characters in names are made visible, the path of a Unix socket is not cut at a blank, and
/// several owners of a socket are all there in every other format of this program, where netstat shows the first.
/// </remarks>
internal sealed class NetstatRenderer(SocketFacts facts, ListRequest request)
{
    private static readonly SocketProtocol[] SectionOrder =
        [SocketProtocol.Tcp, SocketProtocol.Udp, SocketProtocol.UdpLite, SocketProtocol.Raw, SocketProtocol.Sctp];

    private readonly NetstatAddress _address = new(facts, request);
    private readonly NetstatProgram _program = new(facts);

    /// <summary>Prints the rows.</summary>
    public void Write(SocketRows rows, Utf8Writer output)
    {
        var kinds = request.Selection.Kinds;
        if ((kinds & SocketSelection.InternetKinds) != SocketProtocols.None)
        {
            WriteInternet(rows, output);
        }

        if ((kinds & SocketProtocols.Unix) != SocketProtocols.None)
        {
            new NetstatUnix(facts, request, _program).Write(rows, Scope, output);
        }
    }

    /// <summary>Whether netstat shows a row: it distinguishes servers from connections by the remote port alone.</summary>
    internal static bool Shows(SocketSelection selection, in SocketEntry entry) =>
        selection.All || selection.FilterNamesStates || selection.Listening == (entry.RemotePort == 0);

    private string Scope =>
        request.Selection.All ? "servers and established" : request.Selection.Listening ? "only servers" : "w/o servers";

    private void WriteInternet(SocketRows rows, Utf8Writer output)
    {
        if (request.Heading)
        {
            WriteHeading(output);
        }

        // netstat reads a file for each protocol and family, one after the other.
        foreach (var protocol in SectionOrder)
        {
            for (var family = 0; family < 2; family++)
            {
                for (var row = 0; row < rows.Count; row++)
                {
                    ref readonly var entry = ref facts.Sockets[rows[row]];
                    if (entry.Protocol == protocol && entry.IsIPv6 == (family == 1) && Shows(request.Selection, entry))
                    {
                        WriteRow(entry, output);
                    }
                }
            }
        }
    }

    private void WriteHeading(Utf8Writer output)
    {
        output.Write("Active Internet connections (");
        output.Write(Scope);
        output.Write(")\nProto Recv-Q Send-Q Local Address           Foreign Address         State      "u8);
        output.Write(request.Extended ? " User       Inode     "u8 : default);
        output.Write(request.Owners ? " PID/Program name    "u8 : default);
        output.Write(request.Timers ? " Timer"u8 : default);
        output.WriteLine();
    }

    private void WriteRow(in SocketEntry entry, Utf8Writer output)
    {
        PadRight(output, Protocol(entry), 5);
        WriteRight(output, entry.ReceiveQueue);

        // The backlog that the kernel reports for a listener over netlink is not in /proc/net/tcp, which netstat reads.
        WriteRight(output, entry.State == SocketState.Listen ? 0 : entry.SendQueue);
        output.Write(' ');
        _address.Write(entry, isRemote: false, output);
        output.Write(' ');
        _address.Write(entry, isRemote: true, output);
        output.Write(' ');
        PadRight(output, State(entry), 11);
        if (request.Extended)
        {
            output.Write(' ');
            WriteUser(entry, output);
            output.Write(' ');
            output.WriteNumber(entry.Inode);
            output.Pad(10 - NumberText.Length(entry.Inode));
        }

        if (request.Owners)
        {
            output.Write(' ');
            _program.Write(entry, output);
        }

        if (request.Timers)
        {
            output.Write(' ');
            WriteTimer(entry, output);
        }

        output.WriteLine();
    }

    private static ReadOnlySpan<byte> Protocol(in SocketEntry entry) => (entry.Protocol, entry.IsIPv6) switch
    {
        (SocketProtocol.Tcp, false) => "tcp"u8,
        (SocketProtocol.Tcp, true) => "tcp6"u8,
        (SocketProtocol.Udp, false) => "udp"u8,
        (SocketProtocol.Udp, true) => "udp6"u8,
        (SocketProtocol.UdpLite, false) => "udpl"u8,
        (SocketProtocol.UdpLite, true) => "udpl6"u8,
        (SocketProtocol.Raw, false) => "raw"u8,
        (SocketProtocol.Raw, true) => "raw6"u8,
        (_, false) => "sctp"u8,
        _ => "sctp6"u8,
    };

    private static ReadOnlySpan<byte> State(in SocketEntry entry)
    {
        if (entry.Protocol == SocketProtocol.Raw)
        {
            // netstat prints the kernel's number for raw sockets: CLOSE is 7.
            return entry.State == SocketState.Established ? "1"u8 : "7"u8;
        }

        return entry.State switch
        {
            SocketState.Established => "ESTABLISHED"u8,
            SocketState.SynSent => "SYN_SENT"u8,
            SocketState.SynReceived => "SYN_RECV"u8,
            SocketState.FinWait1 => "FIN_WAIT1"u8,
            SocketState.FinWait2 => "FIN_WAIT2"u8,
            SocketState.TimeWait => "TIME_WAIT"u8,
            SocketState.Closed => "CLOSE"u8,
            SocketState.CloseWait => "CLOSE_WAIT"u8,
            SocketState.LastAck => "LAST_ACK"u8,
            SocketState.Listen => "LISTEN"u8,
            SocketState.Closing => "CLOSING"u8,
            SocketState.Unconnected => ""u8,
            _ => "UNKNOWN"u8,
        };
    }

    private void WriteUser(in SocketEntry entry, Utf8Writer output)
    {
        // Where no socket owns the entry the kernel writes 0, and netstat shows root.
        var id = entry.HasUser ? entry.UserId : 0;
        var name = request.UserNames ? facts.User(id) : NameFacts.None;
        if (name.IsNone)
        {
            output.WriteNumber(id);
            output.Pad(10 - NumberText.Length(id));
        }
        else
        {
            output.Write(name.Utf8);
            output.Pad(10 - DisplayWidth.Of(name.Utf8));
        }
    }

    private static void WriteTimer(in SocketEntry entry, Utf8Writer output)
    {
        output.Write(entry.Timer switch
        {
            SocketTimer.Off => "off ("u8,
            SocketTimer.Retransmit => "on ("u8,
            SocketTimer.KeepAlive => "keepalive ("u8,
            SocketTimer.TimeWait => "timewait ("u8,
            SocketTimer.Persist => "probe ("u8,
            _ => "unkn ("u8,
        });

        // Seconds in clock ticks of 10 ms, retransmissions, probes: netlink reports the count that belongs to the timer.
        var isRetransmission = entry.Timer == SocketTimer.Retransmit;
        var ticks = entry.Timer == SocketTimer.Off ? 0 : entry.TimerMilliseconds / 10;
        output.WriteNumber(ticks / 100);
        output.Write('.');
        output.Write((char)('0' + (ticks / 10 % 10)));
        output.Write((char)('0' + (ticks % 10)));
        output.Write('/');
        output.WriteNumber(isRetransmission ? entry.Retransmits : 0u);
        output.Write('/');
        output.WriteNumber(entry.Timer is SocketTimer.KeepAlive or SocketTimer.Persist ? entry.Retransmits : 0u);
        output.Write(')');
    }

    private static void WriteRight(Utf8Writer output, uint value)
    {
        output.Write(' ');
        output.Pad(6 - NumberText.Length(value));
        output.WriteNumber(value);
    }

    internal static void PadRight(Utf8Writer output, ReadOnlySpan<byte> ascii, int width)
    {
        output.Write(ascii);
        output.Pad(width - ascii.Length);
    }
}
