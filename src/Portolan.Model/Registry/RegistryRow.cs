using System.Text;

namespace Portolan.Model.Registry;

/// <summary>One statement of the registry: what IANA says of a name, a port or range, and protocols.</summary>
/// <remarks>Texts are single lines without control characters: make rows with <see cref="From"/>.</remarks>
/// <param name="Ports">The port, or the range.</param>
/// <param name="Protocols">The protocols it holds for.</param>
/// <param name="Status">Assigned, reserved or unassigned.</param>
/// <param name="Name">The service's name; empty when there is none.</param>
/// <param name="Description">What it is; empty when IANA says nothing more than the status.</param>
/// <param name="Reference">The documents that define it, separated by <c>, </c>; empty when none is named.</param>
public sealed record RegistryRow(
    PortRange Ports, RegistryProtocols Protocols, ServiceStatus Status, string Name, string Description, string Reference)
{
    private const string WellFormedNote = "IANA assigned this well-formed service name as a replacement for";

    /// <summary>Makes a row from the fields of IANA's CSV or XML.</summary>
    /// <param name="ports">The port number or range.</param>
    /// <param name="protocol">
    /// The protocol; <c>null</c> when the field is empty, which means TCP and UDP for a named service (such rows are older than the
    /// other protocols) and every protocol for a reservation.
    /// </param>
    /// <param name="name">The service name, or empty.</param>
    /// <param name="description">The description as published; line breaks and IANA's note on replaced names are taken out.</param>
    /// <param name="reference">The documents, in the registry's own form.</param>
    /// <returns>The row, or <c>null</c> for one that only says "Unassigned", which is what the absence of a row says already.</returns>
    public static RegistryRow? From(PortRange ports, TransportProtocol? protocol, string name, string description, string reference)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(reference);
        var text = OneLine(description);
        var note = text.IndexOf(WellFormedNote, StringComparison.Ordinal);
        if (note >= 0)
        {
            text = text[..note].TrimEnd();
        }

        name = OneLine(name);
        var status = name.Length > 0 ? ServiceStatus.Assigned : StatusOfUnnamed(text);
        if (status == ServiceStatus.Unassigned && text.Equals("unassigned", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (status == ServiceStatus.Reserved && text.Equals("reserved", StringComparison.OrdinalIgnoreCase))
        {
            text = string.Empty;
        }

        var protocols = protocol?.ToRegistry() ?? (name.Length > 0 ? RegistryProtocols.Tcp | RegistryProtocols.Udp : RegistryProtocols.All);
        return new RegistryRow(ports, protocols, status, name, text, reference);
    }

    /// <summary>Joins the words of a text with single spaces; control characters count as white space.</summary>
    public static string OneLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new StringBuilder(text.Length);
        var gap = false;
        foreach (var character in text)
        {
            if (char.IsWhiteSpace(character) || char.IsControl(character))
            {
                gap = result.Length > 0;
                continue;
            }

            if (gap)
            {
                result.Append(' ');
                gap = false;
            }

            result.Append(character);
        }

        return result.ToString();
    }

    // A row without a name says its status in words. "De-registered", "Removed", "Deprecated" and "De-Commissioned" are numbers taken
    // back from their holders: RFC 6335 section 8.2 keeps those from being assigned again, and IANA marks newer ones "Reserved".
    private static ServiceStatus StatusOfUnnamed(string description)
    {
        if (description.Length == 0
            || description.StartsWith("unassigned", StringComparison.OrdinalIgnoreCase)
            || description.StartsWith("(unassigned", StringComparison.OrdinalIgnoreCase)
            || description.StartsWith("possibly used", StringComparison.OrdinalIgnoreCase))
        {
            return ServiceStatus.Unassigned;
        }

        return description.StartsWith("any private", StringComparison.OrdinalIgnoreCase) ? ServiceStatus.Assigned : ServiceStatus.Reserved;
    }
}
