using System.Globalization;
using Portolan.Sockets.Documents;

namespace Portolan.Web.Api;

/// <summary>Sockets as comma-separated values, for spreadsheets.</summary>
internal static class SocketRecordCsv
{
    private const int Piece = 64 * 1024;

    /// <summary>Writes them.</summary>
    internal static void Write(IEnumerable<SocketRecord> sockets, Stream output)
    {
        var buffer = new Utf8Writer(output, Piece);
        var csv = new CsvWriter(buffer);
        csv.WriteHeading(
            "protocol", "state", "local_address", "local_port", "remote_address", "remote_port", "service", "user", "processes",
            "receive_queue", "send_queue", "bytes_received", "bytes_sent");
        foreach (var socket in sockets)
        {
            csv.Write(socket.Protocol);
            csv.Write(socket.State);
            csv.WriteEscaped(socket.Local?.Address);
            csv.WriteEscaped(socket.Local?.Port.ToString(CultureInfo.InvariantCulture));
            csv.WriteEscaped(socket.Remote?.Address);
            csv.WriteEscaped(socket.Remote?.Port.ToString(CultureInfo.InvariantCulture));
            csv.WriteEscaped(socket.Service);
            csv.WriteEscaped(socket.User is { } user ? user.Name ?? user.Id.ToString(CultureInfo.InvariantCulture) : null);
            csv.WriteEscaped(socket.Owners is { } owners ? string.Join(' ', owners.Select(static o => $"{o.Name}({o.Pid})")) : null);
            csv.Write(socket.ReceiveQueue);
            csv.Write(socket.SendQueue);
            csv.WriteEscaped(socket.BytesReceived?.ToString(CultureInfo.InvariantCulture));
            csv.WriteEscaped(socket.BytesSent?.ToString(CultureInfo.InvariantCulture));
            csv.EndRecord();
        }

        buffer.Flush();
    }
}
