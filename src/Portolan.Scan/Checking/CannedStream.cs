namespace Portolan.Scan.Checking;

/// <summary>A peer that says the same whatever it is told, and then closes.</summary>
/// <param name="says">What it says.</param>
internal sealed class CannedStream(ReadOnlyMemory<byte> says) : MemoryStream(says.ToArray(), writable: false)
{
    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        // Nothing listens.
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // Nothing listens.
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.CompletedTask;
}
