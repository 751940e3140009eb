using Portolan.Linux;

namespace Portolan.Sockets.Binding;

/// <summary>The kernel of the caller's namespace, asked by trying.</summary>
public sealed class KernelBindReferee : IBindReferee
{
    /// <inheritdoc/>
    public int TryBind(BindAttempt attempt) => BindProbe.TryBind(
        attempt.Protocol, attempt.Address, attempt.Port, attempt.V6Only, attempt.ReuseAddress, attempt.ReusePort, attempt.User);
}
