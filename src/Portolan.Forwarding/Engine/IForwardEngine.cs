using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;

namespace Portolan.Forwarding.Engine;

/// <summary>What carries forwards out: this program's threads, or rules of the kernel.</summary>
/// <remarks>
/// <see cref="Open"/> takes the ports, <see cref="SetAddresses"/> says where targets are, <see cref="Start"/> begins, <see cref="Stop"/>
/// ends in order. These are for one thread; what it counts may be read from any.
/// </remarks>
public interface IForwardEngine
{
    /// <summary>What it does.</summary>
    IReadOnlyList<ForwardSpec> Forwards { get; }

    /// <summary>How many connections are open, flows of datagrams left out: what may go on when it ends.</summary>
    int ActiveConnections { get; }

    /// <summary>Descriptors that connections have, and how many they may have; <c>null</c> where they need none.</summary>
    (long Used, long Limit)? Descriptors { get; }

    /// <summary>Takes all ports.</summary>
    /// <exception cref="ListenException">The kernel refuses one; the others are given back.</exception>
    void Open();

    /// <summary>Where a forward listens: with the port that the kernel chose where it was 0.</summary>
    ListenPoint BoundTo(int forward);

    /// <summary>Gives a target its addresses: those of its name, the best first. From any thread.</summary>
    void SetAddresses(int forward, int target, IReadOnlyList<InternetAddress> addresses);

    /// <summary>Says what a target's check showed. From any thread.</summary>
    void SetCheck(int forward, int target, bool passed, string why);

    /// <summary>Begins.</summary>
    void Start();

    /// <summary>Whether a forward has ended while others go on: it keeps its number, and it is no longer used.</summary>
    bool IsGone(int forward) => false;

    /// <summary>
    /// Looks after what changes outside, and does what is due. Called now and then, until the end, by the thread that ends it.
    /// </summary>
    void Tend();

    /// <summary>What was counted of a forward until now.</summary>
    ForwardTotals Totals(int forward);

    /// <summary>What was counted of its targets until now.</summary>
    IReadOnlyList<TargetTotals> TargetTotals(int forward);

    /// <summary>Lets connections go on no longer when it ends, or ends already. From any thread.</summary>
    void Hurry();

    /// <summary>Ends: nothing new is taken, connections may go on for the time given, and the rest is reset.</summary>
    /// <param name="drain">How long connections may go on.</param>
    /// <param name="progress">Is notified now and then how many are left; <c>null</c> for none.</param>
    /// <returns>How many connections were reset.</returns>
    int Stop(TimeSpan drain, Action<int>? progress = null);
}
