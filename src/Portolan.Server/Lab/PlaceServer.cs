using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Portolan.Lab.Topology;

namespace Portolan.Server.Lab;

/// <summary>
/// Answers those who want to enter a running lab, on a Unix socket that its own user and root reach. Who connects gets one line, a JSON
/// object with the names of the lab's machines; sends one line, a host; and gets one line, the number of a descriptor of this process that
/// is a network namespace, or <c>no</c> and why.
/// </summary>
internal sealed class PlaceServer : IAsyncDisposable
{
    /// <summary>The longest line that is read from a client.</summary>
    internal const int LongestLine = 512;

    /// <summary>How long a client may take to send its line.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly PlaceKeeper _places;
    private readonly LabPlaces _names;
    private readonly string _path;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[] _greeting;
    private readonly Task _serving;

    private PlaceServer(PlaceKeeper places, LabPlaces names, string path, Socket socket)
    {
        (_places, _names, _path, _socket) = (places, names, path, socket);
        _greeting = Greeting(names);
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Starts to serve.</summary>
    /// <param name="places">What makes places.</param>
    /// <param name="names">The lab's names.</param>
    /// <param name="path">Where; the file is not there yet.</param>
    internal static PlaceServer Start(PlaceKeeper places, LabPlaces names, string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        socket.Listen();
        return new PlaceServer(places, names, path, socket);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _serving;
        _stopping.Dispose();
        File.Delete(_path);
    }

    private static byte[] Greeting(LabPlaces names)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();

            // Two processes may seem to be the same lab for a moment, while one starts another.
            json.WriteString("id"u8, Guid.NewGuid());
            names.Write(json);
            json.WriteEndObject();
        }

        text.WriteByte((byte)'\n');
        return text.ToArray();
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _socket.AcceptAsync(_stopping.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using (client)
            {
                using var late = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                late.CancelAfter(Patience);
                for (var sent = 0; sent < _greeting.Length;)
                {
                    sent += await client.SendAsync(_greeting.AsMemory(sent), SocketFlags.None, late.Token);
                }

                if (await ReadLineAsync(client, late.Token) is { } line)
                {
                    await client.SendAsync(Encoding.UTF8.GetBytes(await AnswerAsync(line) + "\n"), SocketFlags.None, _stopping.Token);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It has gone, was too slow, or the lab ends.
        }
    }

    private async Task<string> AnswerAsync(string host)
    {
        try
        {
            // It stays open as long as the lab runs.
            return _names.Choose(host) is { } choice
                ? $"{(await _places.OpenAsync(choice)).Network.DangerousGetHandle()}"
                : "no the vantage is the network of this process";
        }
        catch (PortolanException exception)
        {
            return $"no {exception.Message}";
        }
    }

    private static async Task<string?> ReadLineAsync(Socket client, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestLine];
        for (var length = 0; length < buffer.Length;)
        {
            var got = await client.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, cancellationToken);
            if (got == 0)
            {
                return null;
            }

            length += got;
            if (buffer.AsSpan(0, length).IndexOf((byte)'\n') is var end and >= 0)
            {
                return Encoding.UTF8.GetString(buffer, 0, end);
            }
        }

        return null;
    }
}
