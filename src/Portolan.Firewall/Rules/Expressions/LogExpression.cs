namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Logs the packet and goes on (nft_log.c).</summary>
/// <param name="Prefix">Text before the line. Hostile text.</param>
/// <param name="Group">Group of nfnetlink_log.</param>
/// <param name="SnapLength">Bytes to copy.</param>
/// <param name="QueueThreshold">Packets to gather.</param>
/// <param name="Level">Level of the kernel's log, 8 for audit.</param>
/// <param name="Flags">NF_LOG_*.</param>
public sealed record LogExpression(string? Prefix, ushort? Group, uint? SnapLength, ushort? QueueThreshold, uint? Level, uint Flags)
    : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "log";
}
