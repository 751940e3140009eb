using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The SQL Server Browser: CLNT_UCAST_EX, which asks for the list of instances ([MC-SQLR] sections 2.2.2 and 2.2.5). From the specification
/// only.
/// </summary>
internal sealed class SqlBrowserProtocol() : ServiceProtocol("ms-sql-m", 1434)
{
    private static readonly ServiceProbe List = new("SQL Server Browser CLNT_UCAST_EX", [3]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => List;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // 5, the length, then "ServerName;HOST;InstanceName;NAME;IsClustered;No;Version;15.0.2000.5;tcp;1433;;"
        var bytes = reply.Bytes;
        if (bytes.Length < 3 + 11 || bytes[0] != 5 || BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]) != bytes.Length - 3
            || !bytes[3..].StartsWith("ServerName;"u8))
        {
            return ReplyReading.Foreign;
        }

        var text = bytes[3..];
        var (instance, version, port) = (ReplyText.Behind(text, ";InstanceName;"u8, ";"u8), ReplyText.Behind(text, ";Version;"u8, ";"u8),
            ReplyText.Behind(text, ";tcp;"u8, ";"u8));
        string?[] facts = [
            instance is null ? null : $"instance {instance}", version is null ? null : $"SQL Server {version}",
            port is null ? null : $"TCP port {port}"];
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = "Microsoft SQL Server Browser",
            HostName = ReplyText.Behind(text, "ServerName;"u8, ";"u8),
            Info = string.Join("; ", facts.OfType<string>()) is { Length: > 0 } info ? info : null,
            Confidence = 8,
        });
    }
}
