using System.Net;
using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>A server whose rules the built program changes, and a client that tries to get in.</summary>
internal sealed class RuleLab : IDisposable
{
    public const string ServerAddress = "198.18.0.2";

    private readonly LabPair _pair = LabPair.Create();

    public LabHost Client => _pair.Scanner;

    public LabHost Server => _pair.Target;

    /// <summary>Runs the program in the server's namespace.</summary>
    public RunResult Portolan(params string[] args)
    {
        var (output, error, exit) = Server.Execute(PortolanProgram.Path, null, args);
        return new RunResult(exit, output, error);
    }

    /// <summary>Whether a new connection is made within some time.</summary>
    public bool LetsIn(int port, double seconds) => Client.Run(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(IPAddress.Parse(ServerAddress), port);
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            return socket.Poll(TimeSpan.FromSeconds(seconds), SelectMode.SelectWrite)
                && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0;
        }
    });

    /// <summary>Waits until new connections are made again.</summary>
    public void WaitUntilLetIn(int port)
    {
        for (var attempt = 0; attempt < 40; attempt++)
        {
            if (LetsIn(port, 0.5))
            {
                return;
            }
        }

        Assert.Fail($"port {port} stays closed");
    }

    public void Dispose() => _pair.Dispose();
}
