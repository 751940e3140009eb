using System.Globalization;
using Portolan.Model;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Charting;

/// <summary>
/// A word that chooses ports: <c>8000-8100</c>, <c>:443</c>, <c>53/udp</c>, <c>udp</c>, <c>127.0.0.1:8089</c>, <c>nginx</c>,
/// <c>unit:ssh</c>, <c>container:db</c>, <c>user:www-data</c>, <c>pid:4711</c>.
/// </summary>
internal sealed class PortWord
{
    private const int LeastPart = 3;

    private static readonly string[] Fields = ["unit", "container", "process", "user", "pid", "image", "service"];

    private PortWord(string text) => Text = text;

    /// <summary>The word as it was typed.</summary>
    public string Text { get; }

    /// <summary>The ports; <c>null</c> for all.</summary>
    public PortSet? Ports { get; private init; }

    /// <summary>The protocol; <c>null</c> for all.</summary>
    public TransportProtocol? Protocol { get; private init; }

    /// <summary>A local address; <c>null</c> for all.</summary>
    public InternetAddress? Address { get; private init; }

    /// <summary>The field that <see cref="Name"/> is looked for in; <c>null</c> for all names of an owner and its service.</summary>
    public string? Field { get; private init; }

    /// <summary>A name; <c>null</c> where ports alone are meant.</summary>
    public string? Name { get; private init; }

    /// <summary>Reads a word.</summary>
    /// <exception cref="PortolanException">It names ports that there are not. Exit code <see cref="ExitCode.Usage"/>.</exception>
    public static PortWord Parse(string text)
    {
        if (text.Length == 0)
        {
            throw new PortolanException("an empty word matches nothing", $"write a port or a name, e.g. 8080 or nginx", ExitCode.Usage);
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && Array.IndexOf(Fields, text[..colon]) >= 0 && text.Length > colon + 1)
        {
            return new PortWord(text) { Field = text[..colon], Name = text[(colon + 1)..] };
        }

        if (TransportProtocolNames.TryParse(text, out var alone))
        {
            return new PortWord(text) { Protocol = alone };
        }

        return OfAddress(text) ?? OfPorts(text, text) ?? new PortWord(text) { Name = text };
    }

    /// <summary>Whether a row of the chart is meant.</summary>
    /// <param name="row">The row.</param>
    /// <param name="userName">The name of a user id, or <c>null</c>.</param>
    public bool Matches(ChartRow row, Func<uint, string?> userName) =>
        (Ports is null || Ports.Contains(row.Port)) && (Protocol is null || Protocol == row.Protocol)
        && (Address is not { } address || row.Binds.Any(b => b.Address.Unmap() == address.Unmap() || Covers(b, address)))
        && (Name is not { } name || NamesIn(row, userName).Any(n => IsNamed(n.Field, n.Text, name)));

    private static bool Covers(PortBind bind, InternetAddress address) =>
        bind.IsWildcard && !address.IsUnspecified && (address.IsIPv4 ? bind.TakesIPv4 : bind.TakesIPv6);

    private bool IsNamed(string field, string text, string name)
    {
        if (Field is not null && Field != field)
        {
            return false;
        }

        if (field is "pid" or "user")
        {
            // A number or a user in part is another one; a bare number is a port.
            return text == name && (Field is not null || field == "user");
        }

        return field == "unit" && Field == "unit" && !name.Contains('.', StringComparison.Ordinal)
            ? UnitName.Display(text).Split('.')[0].Equals(name, StringComparison.OrdinalIgnoreCase)
            : name.Length < LeastPart ? text.Equals(name, StringComparison.OrdinalIgnoreCase)
            : text.Contains(name, StringComparison.OrdinalIgnoreCase);
    }

    private static IEnumerable<(string Field, string Text)> NamesIn(ChartRow row, Func<uint, string?> userName)
    {
        var owner = row.Owner;
        if (owner.Kind is OwnerKind.Unit or OwnerKind.SocketActivation)
        {
            yield return ("unit", owner.Name);
        }
        else if (owner.Kind == OwnerKind.Container)
        {
            yield return ("container", owner.Name);
        }
        else if (owner.Kind == OwnerKind.Kernel)
        {
            yield return ("process", "kernel");
        }
        else
        {
            yield return ("process", owner.Name);
        }

        if (owner.ActivatedBy is { } activator)
        {
            yield return ("unit", activator);
        }

        if (owner.Container is { } container)
        {
            yield return ("container", container.Id);
            if (container.Image is { } image)
            {
                yield return ("image", image);
            }
        }

        foreach (var process in owner.Processes)
        {
            yield return ("process", process.Name);
            yield return ("pid", process.Pid.ToString(CultureInfo.InvariantCulture));
            if (process.Unit is { } unit && owner.Kind != OwnerKind.SocketActivation)
            {
                yield return ("unit", unit);
            }
        }

        if (owner.UserId is { } user)
        {
            yield return ("user", userName(user) ?? user.ToString(CultureInfo.InvariantCulture));
            yield return ("user", user.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var name in Services(row.Running, row.Service))
        {
            yield return ("service", name);
        }
    }

    private static IEnumerable<string> Services(RunningService? running, string? registered)
    {
        if (running is not null)
        {
            yield return running.Label;
            if (running.Protocol is { } protocol)
            {
                yield return protocol;
            }

            if (running.Product is { } product)
            {
                yield return product;
            }
        }

        if (registered is not null)
        {
            yield return registered;
        }
    }

    private static PortWord? OfAddress(string text)
    {
        if (InternetAddress.TryParse(text.Trim('[', ']'), out var whole))
        {
            return new PortWord(text) { Address = whole };
        }

        var colon = text.LastIndexOf(':');
        return colon > 0 && InternetAddress.TryParse(text.AsSpan(0, colon).Trim("[]"), out var address)
            && OfPorts(text, text[(colon + 1)..]) is { } ports
            ? new PortWord(text) { Address = address, Ports = ports.Ports, Protocol = ports.Protocol }
            : null;
    }

    /// <summary>A port, a range or a list, as in netstat's columns with a colon before it; <c>null</c> for what is none.</summary>
    private static PortWord? OfPorts(string word, string text)
    {
        var numbers = text is [':', _, ..] ? text[1..] : text;
        TransportProtocol? protocol = null;
        if (numbers.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
        {
            if (!TransportProtocolNames.TryParse(numbers.AsSpan(slash + 1), out var named))
            {
                return null;
            }

            (protocol, numbers) = (named, numbers[..slash]);
        }

        if (!numbers.All(static c => char.IsAsciiDigit(c) || c is '-' or ',') || !numbers.Any(char.IsAsciiDigit))
        {
            return null;
        }

        return PortSet.TryParse(numbers, out var ports, out var error)
            ? new PortWord(word) { Ports = ports, Protocol = protocol }
            : throw new PortolanException(
                $"'{word}': {error.Reason}", $"write ports as 8080, 8000-8100 or 80,443, with numbers from 1 to 65535", ExitCode.Usage);
    }
}
