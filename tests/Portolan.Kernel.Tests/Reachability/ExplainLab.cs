using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// A host and a client beside it, and <c>explain</c> run on the host. Silence takes a client seconds to be sure of, so the tests stand in
/// several classes, which run side by side, each test with hosts of its own.
/// </summary>
public abstract class ExplainLab : IDisposable
{
    private protected const string Client = "198.18.0.1";
    private protected const string Server = "198.18.0.2";
    private protected const string Filter =
        "table inet fw { chain input { type filter hook input priority 0; policy drop; ct state established,related accept; icmpv6 type { "
            + "133-137 } accept; tcp dport 22 accept; }; }";

    private readonly List<IDisposable> _held = [];

    private protected LabPair Pair { get; } = LabPair.Create();

    public void Dispose()
    {
        _held.ForEach(h => h.Dispose());
        Pair.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Hold(IDisposable held) => _held.Add(held);

    private protected LabExplanation Explain(params string[] words) => LabConsole.Explain(Pair.Target, words);

    private protected string Connect(int port, string address = Server) => Attempt.Connect(Pair.Scanner, address, port);

    private protected void Listen(IPAddress address, int port, int backlog = 16) => _held.Add(Pair.Target.Run(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(backlog);
        return socket;
    }));

    private protected static void AssertSame(LabExplanation explanation, string seen, string verdict, string failed) => Assert.Equal(
        (verdict, failed, seen),
        (explanation.Verdict, explanation.Failed,
            explanation.Symptom + (explanation.Symptom == seen ? "" : $" ({explanation.Headline} {explanation.Steps})")));
}
