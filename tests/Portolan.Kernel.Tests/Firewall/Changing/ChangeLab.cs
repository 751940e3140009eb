using System.Net;
using System.Net.Sockets;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Changing;

/// <summary>A client and a server on a cable; the server's rules are changed, and the client tries to get in with real packets.</summary>
internal sealed class ChangeLab : IDisposable
{
    public const string Server4 = "198.18.0.2";

    public const string Server6 = "2001:db8::2";

    /// <summary>Long enough for an answer on a cable, short enough for a test.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    private readonly LabPair _pair = LabPair.Create();

    /// <summary>The first exception of a process takes long on a busy machine; a pending change would be over before it is met.</summary>
    public ChangeLab() => Assert.Equal(Meeting.Refused, Reach(1));

    public LabHost Client => _pair.Scanner;

    public LabHost Server => _pair.Target;

    /// <summary>Makes a change in the server, pending for so long.</summary>
    public AppliedChange Change(TimeSpan within, params string[] rules) =>
        Server.Run(() => Changer().Apply(Plan(within, rules), static _ => { }, isDryRun: false, TestContext.Current.CancellationToken));

    /// <summary>Makes a change in the server and confirms it.</summary>
    public void Settle(params string[] rules)
    {
        Change(TimeSpan.FromSeconds(60), rules);
        Confirm();
    }

    public void Confirm() =>
        Server.Run(
            () => Changer().Apply(
                (own, _) => PendingPlanner.Confirm(own.State, [.. own.State.Pending]), static _ => { }, false,
                TestContext.Current.CancellationToken));

    public OwnState State() => Server.Run(() => Changer().Read(TestContext.Current.CancellationToken).Own.State);

    public static RuleChanger Changer(Action<ChangeStep>? reached = null) =>
        new(RuleChanger.OpenKernel) { Reached = reached ?? (static _ => { }) };

    public static Func<Portolan.Firewall.Changing.Table.OwnTable, Portolan.Firewall.Rules.Ruleset, ChangePlan> Plan(
        TimeSpan within, params string[] rules) => (own, _) =>
        RulePlanner.Add(
            own.State, [.. rules.Select(Rule)], string.Join(", ", rules),
            new ChangeContext("test", DateTimeOffset.UtcNow, ChangeOrigin.Unknown, within));

    public static OwnRule Rule(string words)
    {
        Assert.True(RuleWords.TryParse(0, words, out var rule), words);
        return rule;
    }

    /// <summary>A new connection from the client that is thought to get no answer.</summary>
    public Meeting Connect(int port, string address = Server4) => Client.Run(() => Try(port, address, Patience));

    /// <summary>A new connection from the client that is thought to get an answer: the machine may be busy, so it is waited for.</summary>
    public Meeting Reach(int port, string address = Server4) => Client.Run(() => Try(port, address, TimeSpan.FromSeconds(10)));

    /// <summary>Tries until the connection is made. Bounded by the test's own patience.</summary>
    public void WaitUntilLetIn(int port)
    {
        for (var attempt = 0; attempt < 30; attempt++)
        {
            if (Connect(port) == Meeting.Made)
            {
                return;
            }
        }

        Assert.Fail($"port {port} stays closed");
    }

    /// <summary>Whether a datagram is echoed.</summary>
    /// <param name="port">Where to.</param>
    /// <param name="patience">How long the echo is waited for: long where it is thought to come, for the server needs a processor.</param>
    public bool Echoes(int port, TimeSpan? patience = null) => Client.Run(() =>
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.ReceiveTimeout = (int)(patience ?? Patience).TotalMilliseconds;
        socket.Connect(IPAddress.Parse(Server4), port);
        try
        {
            socket.Send("x"u8);
            return socket.Receive(new byte[16]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    });

    public void Dispose() => _pair.Dispose();

    /// <summary>Without the pool of threads, which other tests may keep busy.</summary>
    private static Meeting Try(int port, string address, TimeSpan patience)
    {
        using var socket = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(IPAddress.Parse(address), port);
            return Meeting.Made;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(patience, SelectMode.SelectWrite))
            {
                return Meeting.Silence;
            }

            var error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            return error == 0 ? Meeting.Made : Meeting.Refused;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return Meeting.Refused;
        }
    }
}

/// <summary>How an attempt to connect ends.</summary>
internal enum Meeting
{
    Made,
    Refused,
    Silence,
}
