using System.Net.Sockets;
using System.Text;

namespace Portolan.Tests.Support;

/// <summary>Answers every connection with the same bytes, or keeps it open in silence.</summary>
internal sealed class UnixServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _silent = [];
    private readonly Thread _thread;

    /// <param name="path">Where it listens.</param>
    /// <param name="answer">What it answers, or <c>null</c> for silence.</param>
    /// <param name="before">What it does before it answers.</param>
    public UnixServer(string path, string? answer, Action? before = null)
    {
        SocketPath = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _thread = new Thread(() => Serve(answer, before)) { IsBackground = true };
        _thread.Start();
    }

    public string SocketPath { get; }

    public List<string> Requests { get; } = [];

    public void Dispose()
    {
        _listener.Dispose();
        _thread.Join();
        _silent.ForEach(s => s.Dispose());
    }

    private void Serve(string? answer, Action? before)
    {
        try
        {
            while (true)
            {
                var connection = _listener.Accept();
                var buffer = new byte[4096];
                var length = connection.Receive(buffer);
                Requests.Add(Encoding.ASCII.GetString(buffer, 0, length).Split('\r')[0]);
                before?.Invoke();
                if (answer is null)
                {
                    _silent.Add(connection);
                    continue;
                }

                connection.Send(Encoding.UTF8.GetBytes(answer));
                connection.Dispose();
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
