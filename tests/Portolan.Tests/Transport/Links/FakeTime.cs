using Portolan.Transport;

namespace Portolan.Tests.Transport.Links;

/// <summary>A time that goes on when told.</summary>
internal sealed class FakeTime : TimeProvider
{
    internal Instant Now { get; set; } = new(1_000_000_000);

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Now.Nanoseconds;
}
