using Portolan.Transport.Ports;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>
/// What the kernel notes of all TCP holders of a port together (<c>inet_csk_update_fastreuse</c>): when the newest holder with SO_REUSEPORT
/// would match, the rules are not looked at (<c>sk_reuseport_match</c>).
/// </summary>
internal sealed class PortSummary
{
    private int _holders;
    private bool _isOn;
    private bool _isStrict;
    private PortBinding _newest;

    /// <summary>Whether the kernel lets this in without a look at the holders.</summary>
    internal bool Skips(in PortBinding binding)
    {
        if (_holders == 0 || !_isOn || !binding.ReusePort)
        {
            return false;
        }

        // The interface is not compared; the noted address may be a wildcard that covers the new one, not the other way.
        var (noted, wanted) = (_newest with { Interface = 0 }, binding with { Interface = 0 });
        return !_isStrict || (noted.Overlaps(wanted) && (_newest.IsWildcard || !binding.IsWildcard));
    }

    /// <summary>A holder came, or one that was there listens.</summary>
    internal void Note(in PortBinding binding, bool isNew)
    {
        if (_holders == 0)
        {
            (_isOn, _isStrict, _newest) = (binding.ReusePort, false, binding);
        }
        else if (!binding.ReusePort)
        {
            _isOn = false;
        }
        else if (!Skips(binding))
        {
            (_isOn, _isStrict, _newest) = (true, true, binding);
        }

        _holders += isNew ? 1 : 0;
    }

    /// <summary>A holder went; the note stays while there is another.</summary>
    internal void Forget() => _holders--;
}
