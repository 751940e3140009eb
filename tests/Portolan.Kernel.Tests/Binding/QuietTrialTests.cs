using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Kernel.Tests.Binding;

/// <summary>Trials of binds do not get in the way of servers that start: those that set SO_REUSEADDR, as nearly every one does.</summary>
[Collection(Alone.Name)]
public sealed partial class QuietTrialTests
{
    private const ushort Port = 7777;
    private const int Starts = 400;
    private const int FewestStarts = 20;

    /// <summary>How long starts go on where the processors are busy.</summary>
    private const int Milliseconds = 2_000;
    private const int SO_REUSEADDR = 2;
    private const int SO_REUSEPORT = 15;

    public enum Option
    {
        ReuseAddress,
        ReusePort,
        Both,
    }

    [Theory]
    [InlineData("0.0.0.0", Option.ReuseAddress, SocketType.Stream)]
    [InlineData("127.0.0.1", Option.ReuseAddress, SocketType.Stream)]
    [InlineData("::", Option.ReuseAddress, SocketType.Stream)]
    [InlineData("::1", Option.Both, SocketType.Stream)]
    [InlineData("0.0.0.0", Option.ReusePort, SocketType.Stream)]
    [InlineData("0.0.0.0", Option.ReuseAddress, SocketType.Dgram)]
    [InlineData("::", Option.ReuseAddress, SocketType.Dgram)]
    public void A_server_that_starts_beside_trials_gets_its_port(string address, Option option, SocketType type) => Netns.Run(() =>
    {
        using var machine = new Machine();
        var protocol = type == SocketType.Stream ? TransportProtocol.Tcp : TransportProtocol.Udp;
        using var done = new CancellationTokenSource();
        var free = 0;
        Exception? failed = null;
        var trying = new Thread(() =>
        {
            try
            {
                while (!done.IsCancellationRequested)
                {
                    // What the port itself meets, and its neighbours on their way to the nearest free one.
                    var use = machine.Survey.UseAround(new PortNumber(Port), [protocol], TestContext.Current.CancellationToken);
                    var works =
                        BindTrial.TryWildcards(new KernelBindReferee(), protocol, new PortNumber(Port), [], use).All(static t => t.Works);
                    if (works && BindTrial.AllWildcardsWork(new KernelBindReferee(), protocol, new PortNumber(Port), use))
                    {
                        Interlocked.Increment(ref free);
                    }
                }
            }
            catch (Exception exception)
            {
                failed = exception;
            }
        });
        trying.Start();
        var refused = 0;
        var end = Environment.TickCount64 + Milliseconds;
        for (var start = 0; start < Starts && failed is null && (start < FewestStarts || Environment.TickCount64 < end); start++)
        {
            // As in until portolan who PORT: nobody has had the port for a while, and then a server starts at any moment of a trial.
            var seen = Volatile.Read(ref free);
            while (Volatile.Read(ref free) <= seen + 1 && failed is null)
            {
                Thread.Yield();
            }

            Thread.SpinWait(start % 100 * 20);
            refused += Serve(address, option, type) ? 0 : 1;
        }

        done.Cancel();
        trying.Join();
        Assert.Null(failed);
        Assert.Equal(0, refused);
    });

    [Fact]
    public void What_is_said_of_a_port_is_what_a_plain_bind_says() => Netns.Run(() =>
    {
        using var machine = new Machine();
        AssertAsPlain(machine, "nobody");
        using (Machine.Listen($"127.0.0.1:{Port}", backlog: 0))
        {
            AssertAsPlain(machine, "bound and idle");
        }

        using (Machine.Listen($"[::1]:{Port}"))
        {
            AssertAsPlain(machine, "listening on ::1");
        }

        using (Machine.Listen($"[::]:{Port}", v6Only: true))
        {
            AssertAsPlain(machine, "listening on ::, IPv6 only");
        }

        using (var listener = Machine.Listen($"127.0.0.1:{Port}"))
        {
            Machine.LeaveTimeWait(listener);
        }

        AssertAsPlain(machine, "TIME-WAIT");
    });

    private static void AssertAsPlain(Machine machine, string situation)
    {
        var use = machine.Survey.UseAround(new PortNumber(Port), [TransportProtocol.Tcp], TestContext.Current.CancellationToken);
        foreach (var trial in BindTrial.TryWildcards(new KernelBindReferee(), TransportProtocol.Tcp, new PortNumber(Port), [], use))
        {
            Assert.True(new KernelBindReferee().TryBind(trial.Attempt) == trial.Errno, $"{situation}: {trial}");
        }
    }

    // bind(2) itself: Socket.Bind of .NET sets SO_REUSEADDR for TCP.
    private static bool Serve(string address, Option option, SocketType type)
    {
        var at = IPAddress.Parse(address);
        using var socket = new Socket(at.AddressFamily, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.SetRawSocketOption(1, SO_REUSEADDR, BitConverter.GetBytes(option != Option.ReusePort ? 1 : 0));
        socket.SetRawSocketOption(1, SO_REUSEPORT, BitConverter.GetBytes(option != Option.ReuseAddress ? 1 : 0));
        try
        {
            var name = new IPEndPoint(at, Port).Serialize();
            if (bind(socket.Handle, name.Buffer.ToArray(), (uint)name.Size) != 0)
            {
                return Marshal.GetLastPInvokeError() == Errno.AddressInUse
                    ? false
                    : throw new LinuxException(Marshal.GetLastPInvokeError(), "bind");
            }

            if (type == SocketType.Stream)
            {
                socket.Listen(16);
            }

            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(nint socket, byte[] name, uint length);
}
