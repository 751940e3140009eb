using Portolan.Linux;

namespace Portolan.Sockets.Binding;

/// <summary>A bind(2) that a program wants to do.</summary>
/// <param name="Protocol">TCP or UDP; the others follow UDP's rules or have none of their own.</param>
/// <param name="Address">The local address; its family is the socket's.</param>
/// <param name="Port">The port; 0 for any free one.</param>
/// <param name="V6Only">IPV6_V6ONLY, for an IPv6 socket.</param>
/// <param name="ReuseAddress">SO_REUSEADDR, as nearly every server sets it.</param>
/// <param name="ReusePort">SO_REUSEPORT, as servers set it that share a port among processes.</param>
/// <param name="User">The user whose program binds, or <c>null</c> for the caller's. Only sockets of one user share a port with
/// SO_REUSEPORT.</param>
public readonly record struct BindAttempt(
    TransportProtocol Protocol,
    InternetAddress Address,
    PortNumber Port,
    bool V6Only = false,
    bool ReuseAddress = false,
    bool ReusePort = false,
    uint? User = null)
{
    /// <summary><c>0.0.0.0:8080</c>, <c>[::]:8080</c>.</summary>
    public override string ToString() => Address.IsIPv4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}

/// <summary>Tries binds for real: the kernel is the judge. The socket is closed at once and never listens.</summary>
public interface IBindReferee
{
    /// <summary>
    /// Returns 0 when the bind worked, or the error number (errno(3)): 98 in use, 13 not permitted, 99 no such address, 97 no such family,
    /// 1 when the caller may not act for another user.
    /// </summary>
    int TryBind(BindAttempt attempt);
}

/// <summary>The kernel of the caller's namespace, asked by trying.</summary>
public sealed class KernelBindReferee : IBindReferee
{
    /// <inheritdoc/>
    public int TryBind(BindAttempt attempt) => BindProbe.TryBind(
        attempt.Protocol, attempt.Address, attempt.Port, attempt.V6Only, attempt.ReuseAddress, attempt.ReusePort, attempt.User);
}
