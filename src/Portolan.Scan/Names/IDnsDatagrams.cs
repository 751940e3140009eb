namespace Portolan.Scan.Names;

/// <summary>Sockets to DNS servers, many questions at once: the operating system's, or a test's own. For one thread.</summary>
public interface IDnsDatagrams : IDisposable
{
    /// <summary>How many sockets there are; 0 when none could be opened.</summary>
    int Channels { get; }

    /// <summary>The number, in the list of servers, of the server that a socket is connected to.</summary>
    int ServerOf(int channel);

    /// <summary>Sends a message; <c>false</c> when it did not leave this host.</summary>
    bool TrySend(int channel, ReadOnlySpan<byte> message);

    /// <summary>Waits for a message from any server.</summary>
    /// <param name="buffer">Gets the message.</param>
    /// <param name="timeout">The longest wait; zero to look only.</param>
    /// <returns>What came; <see cref="DnsArrival.Nothing"/> when nothing did.</returns>
    DnsArrival Receive(Span<byte> buffer, TimeSpan timeout);
}

/// <summary>What came from a server.</summary>
/// <param name="Channel">On which socket; -1 for nothing.</param>
/// <param name="Length">Bytes of the message; -1 when the server's host refused.</param>
public readonly record struct DnsArrival(int Channel, int Length)
{
    /// <summary>Nothing came.</summary>
    public static DnsArrival Nothing => new(-1, 0);
}
