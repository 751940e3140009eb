namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads a fact of the local socket the packet belongs to; breaks without one (nft_socket.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">NFT_SOCKET_*: 0 transparent, 1 mark, 2 wildcard, 3 cgroupv2.</param>
/// <param name="Level">Depth of the control group.</param>
public sealed record SocketExpression(Register Destination, uint Key, uint? Level) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "socket";
}
