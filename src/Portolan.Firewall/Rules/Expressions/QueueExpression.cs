namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Hands the packet to a program, which decides (nft_queue.c).</summary>
/// <param name="First">First queue.</param>
/// <param name="Total">How many.</param>
/// <param name="Flags">1 bypass, 2 fan out by processor.</param>
/// <param name="Source">Where the queue's number is, when it is not constant.</param>
public sealed record QueueExpression(ushort First, ushort Total, uint Flags, Register? Source) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "queue";
}
