using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Portolan.Lab.Topology.Reading;
using Portolan.Server.Watch.Settings;
using Portolan.Watch.Alerts;
using Portolan.Watch.Watching;

namespace Portolan.Server.Watch.Receivers;

/// <summary>
/// Syslog, a line for each event: this machine's, in the form that syslog(3) writes, or another's by UDP or TCP (RFC 5424, 5426, 6587).
/// The protocol has no acknowledgement: a line counts as accepted when the kernel has taken it.
/// </summary>
internal sealed class SyslogReceiver : IAlertReceiver
{
    /// <summary>Its keys in the file.</summary>
    internal static readonly string[] Keys = ["server", "facility"];

    private const string UsualServer = "unix:/dev/log";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // RFC 5424, 6.2.1.
    private static readonly string[] Facilities =
        ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert",
            "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"];

    private const int Warning = 4;
    private const int Notice = 5;
    private const int Info = 6;

    private readonly Uri _server;
    private readonly int _facility;
    private readonly TimeProvider _clock;
    private readonly TimeZoneInfo _zone;

    private SyslogReceiver(Uri server, int facility, TimeProvider clock, TimeZoneInfo zone) =>
        (_server, _facility, _clock, _zone) = (server, facility, clock, zone);

    private bool IsLocal => _server.Scheme == "unix";

    /// <summary>Reads one.</summary>
    internal static IAlertReceiver? Read(MapReader map, ReceiverContext context)
    {
        var faults = context.Faults;
        var facility = Array.IndexOf(Facilities, "daemon");
        if (map.Scalar("facility") is { } name && (facility = Array.IndexOf(Facilities, name.Text)) < 0)
        {
            faults.Unknown(name, "there is no facility", name.Text, Facilities);
        }

        var server = map.Scalar("server");
        if (!Uri.TryCreate(server?.Text ?? UsualServer, UriKind.Absolute, out var uri)
            || !(uri.Scheme == "unix" ? uri.AbsolutePath.Length > 1 : uri.Scheme is "udp" or "tcp" && uri.Host.Length > 0 && uri.Port > 0))
        {
            faults.Error(
                server!, $"{FaultList.Quote(server!.Text)} is not a server of syslog",
                $"write server: tcp://192.0.2.1:514, udp://192.0.2.1:514 or unix:/dev/log");
            return null;
        }

        return new SyslogReceiver(uri, facility, context.Clock, context.Zone);
    }

    /// <inheritdoc/>
    public async Task SendAsync(AlertMessage message, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            using var socket = await ConnectAsync(limit.Token);
            if (message.Events.Count == 0)
            {
                await SendAsync(
                    socket, message, message.IsTest ? Info : Warning, message.Notice?.Code ?? "test", message.Text(_zone).TrimEnd('\n'),
                    message.At, limit.Token);
            }

            foreach (var one in message.Events)
            {
                var isQuiet = one.Kind == WatchEventKind.PortClosed || one.Facts?.Reach?.Exposure is "local" or "blocked";
                await SendAsync(
                    socket, message, isQuiet ? Notice : Warning, one.Kind.Name(), TerminalText.Escape(one.Lines(_zone).What),
                    one.Stored.FoundAt, limit.Token);
            }

            if (socket.SocketType == SocketType.Stream)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException exception)
        {
            throw new AlertRefusedException($"{Name}: {exception.Message}", inner: exception);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new AlertRefusedException($"{Name} took nothing within {DurationText.Format(Limit)}");
        }
    }

    private string Name => IsLocal ? _server.AbsolutePath : _server.Authority;

    private async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        Socket socket;
        if (IsLocal)
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        }
        else
        {
            var isTcp = _server.Scheme == "tcp";
            socket = new Socket(isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        }

        try
        {
            await (IsLocal ? socket.ConnectAsync(new UnixDomainSocketEndPoint(_server.AbsolutePath), cancellation)
                : socket.ConnectAsync(_server.Host.Trim('[', ']'), _server.Port, cancellation));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task SendAsync(
        Socket socket, AlertMessage message, int severity, string kind, string text, DateTimeOffset at, CancellationToken cancellation)
    {
        var priority = (_facility * 8) + severity;
        var line = IsLocal
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"<{priority}>{LocalTime(at)} portolan[{Environment.ProcessId}]: {text}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"<{priority}>1 {at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Word(message.Machine, 255)} portolan "
                    + $"{Environment.ProcessId} {kind} - {text}");
        var bytes = Encoding.UTF8.GetBytes(line);
        if (socket.SocketType == SocketType.Stream)
        {
            // Octet counting: no character of the text ends the line.
            bytes = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length} ")), .. bytes];
        }

        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), cancellation);
        }
    }

    // RFC 3164: the day has a blank before one digit, and the machine's own time.
    private string LocalTime(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, _clock.LocalTimeZone);
        return string.Create(CultureInfo.InvariantCulture, $"{local:MMM} {local.Day,2} {local:HH:mm:ss}");
    }

    private static string Word(string text, int most)
    {
        var word = string.Concat(text.Where(static c => c is > ' ' and <= '~').Take(most));
        return word.Length > 0 ? word : "-";
    }
}
