namespace Portolan.Tests.Transport.Stack.Loans;

/// <summary>What a run of the fuzzer saw. Any threads.</summary>
internal sealed class LoanTally
{
    private long _connections;
    private long _bytes;
    private long _held;
    private long _foreign;
    private long _datagrams;

    /// <summary>Connections whose both ends were used.</summary>
    internal long Connections => Interlocked.Read(ref _connections);

    /// <summary>Bytes that were looked at.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Results that were looked at again after their stream had been ended.</summary>
    internal long Held => Interlocked.Read(ref _held);

    /// <summary>Bytes that were not their connection's, or at another place.</summary>
    internal long Foreign => Interlocked.Read(ref _foreign);

    /// <summary>Datagrams that were looked at.</summary>
    internal long Datagrams => Interlocked.Read(ref _datagrams);

    /// <summary>What went wrong besides: errors that no caller should see, memory that did not come back.</summary>
    internal System.Collections.Concurrent.ConcurrentQueue<string> Faults { get; } = new();

    internal void Connected() => Interlocked.Increment(ref _connections);

    internal void Looked(long bytes, int foreign, bool isAgain)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _foreign, foreign);
        Interlocked.Add(ref _held, isAgain ? 1 : 0);
    }

    internal void LookedAtDatagram(int foreign)
    {
        Interlocked.Increment(ref _datagrams);
        Interlocked.Add(ref _foreign, foreign);
    }
}
