using System.Diagnostics.CodeAnalysis;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Scan.Targets;

/// <summary>
/// nmap's port grammar (nmap reference guide, "Port Specification"): <c>22,80-90,-100,60000-,-</c>, sticky protocols <c>T: U: S:</c>,
/// names of services with <c>*</c> and <c>?</c>, and <c>[a-b]</c> for those ports of a range that the registry names.
/// </summary>
/// <remarks>
/// Ports before any protocol letter go to every scanned protocol; after one, to that protocol until the next. Numbers and ranges are read
/// by <see cref="PortSet.TryParse"/>.
/// </remarks>
public sealed partial class PortGrammar
{
    private static readonly Advice Forms = $"write 22,80,8000-8100, - for 1-65535, T:80,U:53, or a service's name";

    private readonly ServiceRegistry _registry;
    private readonly bool _tcp;
    private readonly bool _udp;
    private readonly List<string> _warnings = [];

    /// <summary>Makes the grammar.</summary>
    /// <param name="tcp">TCP ports are scanned.</param>
    /// <param name="udp">UDP ports are scanned.</param>
    /// <param name="registry">Where names of services come from.</param>
    public PortGrammar(bool tcp, bool udp, ServiceRegistry registry)
    {
        _tcp = tcp;
        _udp = udp;
        _registry = registry;
    }

    /// <summary>What was read but cannot be done, such as <c>U:</c> without <c>-sU</c>; each once, for people.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Reads a list of ports.</summary>
    /// <param name="text">The list.</param>
    /// <param name="ports">The ports of the scanned protocols, or <c>null</c>.</param>
    /// <param name="error">What is wrong and where, when <c>false</c> is returned.</param>
    public bool TryParse(string text, [NotNullWhen(true)] out PortSelection? ports, out PortListError error)
    {
        ArgumentNullException.ThrowIfNull(text);
        ports = null;
        error = default;
        if (string.IsNullOrWhiteSpace(text))
        {
            error = new PortListError(0, Math.Max(1, text.Length), "the port list is empty");
            return false;
        }

        var selection = PortSelection.None;
        var reader = new Reader(this, selection, text);
        if (!reader.TryRead(out error))
        {
            return false;
        }

        ports = selection;
        return true;
    }

    /// <summary>Reads the value of an option.</summary>
    /// <param name="text">The list.</param>
    /// <param name="option">Such as <c>-p</c>, for the message.</param>
    /// <exception cref="PortolanException">It is not a list of ports; the message has a caret under the fault. Exit code 2.</exception>
    public PortSelection Parse(string text, string option)
    {
        if (TryParse(text, out var ports, out var error))
        {
            return ports;
        }

        throw new PortolanException($"{option} \"{TargetError.Shortened(text)}\": {error.Reason}", Forms, ExitCode.Usage)
        {
            Details = text.Length <= 100 && error.Length < text.Length && TerminalText.IsPlain(text)
                ? [$"  {text}", $"  {new string(' ', error.Position)}{new string('^', Math.Max(1, error.Length))}"]
                : [],
        };
    }

    /// <summary>
    /// The ports that a scan takes when none are named, or with <c>-F</c> and <c>--top-ports</c>: the first of <see cref="TopPorts"/>.
    /// </summary>
    /// <param name="count">How many of each scanned protocol.</param>
    public PortSelection Top(int count) => new(
        _tcp ? TopPorts.Take(TransportProtocol.Tcp, count) : new PortSet(),
        _udp ? TopPorts.Take(TransportProtocol.Udp, count) : new PortSet());

    private void Warn(string warning)
    {
        if (!_warnings.Contains(warning))
        {
            _warnings.Add(warning);
        }
    }
}
