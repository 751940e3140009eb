using Portolan.Model;
using Portolan.Scan.Names;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>Says once, and through all observers, why names may be missing.</summary>
internal sealed class ReverseNamesWithWord(IReverseNames names, Func<string?> problem, Action<string> warn) : IReverseNames
{
    private bool _hasWarned;

    /// <inheritdoc/>
    public void Find(IReadOnlyList<InternetAddress> addresses, Action<int, string> found, Func<double, bool> goOn)
    {
        names.Find(addresses, found, goOn);
        if (!_hasWarned && problem() is { } why)
        {
            _hasWarned = true;
            warn(why);
        }
    }
}
