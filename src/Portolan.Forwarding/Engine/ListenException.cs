using Portolan.Forwarding.Model;
using Portolan.Linux;

namespace Portolan.Forwarding.Engine;

/// <summary>A forward cannot listen where it should.</summary>
/// <param name="forward">Which.</param>
/// <param name="errno">The error number of bind(2) or listen(2).</param>
public sealed class ListenException(ForwardSpec forward, int errno)
    : Exception(new LinuxException(errno, $"listen on {forward.Listen}").Message)
{
    /// <summary>Which forward.</summary>
    public ForwardSpec Forward { get; } = forward;

    /// <summary>The error number.</summary>
    public int Errno { get; } = errno;
}
