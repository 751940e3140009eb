using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Portolan.Lab.Topology.Reading;
using Portolan.Server.Watch.Settings;
using Portolan.Watch.Alerts;
using Portolan.Watch.Watching;

namespace Portolan.Server.Watch.Receivers;

/// <summary>
/// The journal of systemd, an entry with fields for each event, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). An entry
/// counts as accepted when the kernel has taken it.
/// </summary>
internal sealed class JournalReceiver : IAlertReceiver
{
    /// <summary>Its keys in the file.</summary>
    internal static readonly string[] Keys = ["socket"];

    private const string UsualSocket = "/run/systemd/journal/socket";

    private readonly string _socket;
    private readonly TimeZoneInfo _zone;

    private JournalReceiver(string socket, TimeZoneInfo zone) => (_socket, _zone) = (socket, zone);

    /// <summary>Reads one.</summary>
    internal static IAlertReceiver? Read(MapReader map, ReceiverContext context)
    {
        var path = map.Scalar("socket");
        if (path is not null && !Path.IsPathFullyQualified(path.Text))
        {
            context.Faults.Error(
                path, $"{FaultList.Quote(path.Text)} is not an absolute path", $"leave out socket: {UsualSocket} is usual");
            return null;
        }

        return new JournalReceiver(path?.Text ?? UsualSocket, context.Zone);
    }

    /// <inheritdoc/>
    public async Task SendAsync(AlertMessage message, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellation);
            if (message.Events.Count == 0)
            {
                (string, string?)[] fields =
                [
                    ("MESSAGE", message.Text(_zone).TrimEnd('\n')), ("PRIORITY", message.IsTest ? "6" : "4"),
                    ("PORTOLAN_EVENT", message.Notice?.Code ?? "test"),
                ];
                await socket.SendAsync(Entry(message, fields), cancellation);
            }

            foreach (var one in message.Events)
            {
                await socket.SendAsync(Entry(message, Fields(one)), cancellation);
            }
        }
        catch (SocketException exception)
        {
            throw new AlertRefusedException($"{_socket}: {exception.Message}", inner: exception);
        }
    }

    private (string Name, string? Value)[] Fields(WatchEvent one) =>
    [
        ("MESSAGE", TerminalText.Escape(one.Lines(_zone).What)),
        ("PRIORITY", one.Kind == WatchEventKind.PortClosed || one.Facts?.Reach?.Exposure is "local" or "blocked" ? "5" : "4"),
        ("PORTOLAN_EVENT", one.Kind.Name()), ("PORTOLAN_EVENT_ID", one.Id),
        ("PORTOLAN_PORT", one.Port?.Value.ToString(CultureInfo.InvariantCulture)),
        ("PORTOLAN_PROTOCOL", one.Stored.Change.Protocol?.Name()),
        ("PORTOLAN_OWNER", one.Facts?.Owner), ("PORTOLAN_REACH", one.Facts?.Reach?.Exposure),
    ];

    // A value is written with its length, so that no character of it ends the field.
    private static byte[] Entry(AlertMessage message, IEnumerable<(string Name, string? Value)> fields)
    {
        using var entry = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        foreach (var (name, value) in fields.Append(("SYSLOG_IDENTIFIER", "portolan")).Append(("PORTOLAN_MESSAGE_ID", message.Id)))
        {
            if (value is not null)
            {
                var bytes = Encoding.UTF8.GetBytes(value);
                BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)bytes.Length);
                entry.Write(Encoding.ASCII.GetBytes(name + "\n"));
                entry.Write(length);
                entry.Write(bytes);
                entry.WriteByte((byte)'\n');
            }
        }

        return entry.ToArray();
    }
}
