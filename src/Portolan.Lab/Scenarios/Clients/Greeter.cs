using System.Net;
using System.Text;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>A program that says its name to everyone who connects, and closes.</summary>
internal sealed class Greeter : IDisposable
{
    private readonly TcpAcceptor _acceptor;

    private Greeter(TcpAcceptor acceptor) => _acceptor = acceptor;

    /// <summary>Starts one.</summary>
    /// <exception cref="PortConflictException">The port cannot be had.</exception>
    internal static Greeter Listen(NetworkStack stack, string name, IPEndPoint at, bool reusePort = false)
    {
        var greeter = new Greeter(stack.ListenTcp(at, new TcpListenOptions { ReusePort = reusePort }));
        _ = greeter.ServeAsync(name);
        return greeter;
    }

    /// <summary>Connects and hears the name of who is there.</summary>
    internal static async Task<string> AskAsync(NetworkStack from, IPEndPoint at)
    {
        await using var stream = await from.ConnectTcpAsync(at, localEndPoint: null);
        return await HearAsync(stream);
    }

    /// <summary>Hears the name of who is at the other end of a connection.</summary>
    internal static async Task<string> HearAsync(TcpStream stream)
    {
        var name = new byte[64];
        var length = 0;

        // Readers of the framework leave the lab's thread; this stays on it.
        while (length < name.Length && await stream.ReadAsync(name.AsMemory(length)) is var count && count > 0)
        {
            length += count;
        }

        return Encoding.ASCII.GetString(name, 0, length);
    }

    /// <summary>Ends it: the port is free but for what rests in TIME-WAIT.</summary>
    public void Dispose() => _acceptor.Dispose();

    private async Task ServeAsync(string name)
    {
        await foreach (var stream in _acceptor.AcceptAllAsync())
        {
            await using (stream)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(name));
            }
        }
    }
}
