namespace Portolan.Lab.Services.Dhcp;

/// <summary>Writes the answers of a DHCP server (RFC 2131 section 4.3.1, table 3).</summary>
internal static class DhcpReply
{
    /// <summary>Writes an answer.</summary>
    /// <param name="room">At least <see cref="DhcpWriter.MaxLength"/> bytes.</param>
    /// <param name="kind">Which.</param>
    /// <param name="address">What the client gets; <c>null</c> when it has one or can have none.</param>
    /// <param name="message">What is answered.</param>
    /// <param name="settings">The server.</param>
    /// <returns>Its bytes.</returns>
    internal static int Write(Span<byte> room, DhcpKind kind, InternetAddress? address, DhcpMessage message, DhcpSettings settings)
    {
        var writer = new DhcpWriter(room, kind, message.Transaction, message.HardwareType, message.HardwareAddress);
        writer.SetAddresses(
            message.WantsBroadcast, kind == DhcpKind.Ack ? message.Client : InternetAddress.AnyIPv4, address ?? InternetAddress.AnyIPv4);
        writer.Add(DhcpOption.ServerIdentifier, settings.Own);
        if (kind == DhcpKind.Nak)
        {
            writer.Add(DhcpOption.Message, "the address cannot be had");
        }

        if (address is not null)
        {
            var seconds = (uint)settings.LeaseTime.TotalSeconds;
            writer.Add(DhcpOption.LeaseTime, seconds);

            // RFC 2131 section 4.4.5: half the time, and seven eighths of it.
            writer.Add(DhcpOption.RenewalTime, seconds / 2);
            writer.Add(DhcpOption.RebindingTime, (uint)(seconds * 7L / 8));
        }

        if (message.Identifier is { } own)
        {
            // RFC 6842: so that two clients of one machine know whose it is.
            writer.Add(DhcpOption.ClientIdentifier, own);
        }

        if (kind != DhcpKind.Nak)
        {
            writer.Add(DhcpOption.SubnetMask, settings.Prefix.Length == 0 ? 0 : uint.MaxValue << (32 - settings.Prefix.Length));
            writer.Add(DhcpOption.Router, settings.Routers);
            writer.Add(DhcpOption.NameServer, settings.NameServers);
            writer.Add(DhcpOption.BroadcastAddress, settings.Prefix.Last);
            writer.Add(DhcpOption.DomainName, settings.Domain);
        }

        return writer.Finish();
    }
}
