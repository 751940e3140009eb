namespace Portolan.Transport.Testing;

/// <summary>The clock of a host, which may be wrong.</summary>
internal sealed class SimHostClock(SimHost host) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => host.Now.Nanoseconds;
}
