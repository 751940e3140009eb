namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// ZooKeeper: <c>srvr</c>, which reads only; servers that allow it not say so (ZooKeeper Administrator's Guide, "The Four Letter Words").
/// </summary>
internal sealed class ZooKeeperProtocol() : ServiceProtocol("zookeeper", 2181, 2182)
{
    private static readonly ServiceProbe Server = new("ZooKeeper srvr", "srvr"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Server;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!ReferenceEquals(reply.Asked, Server) || reply.Bytes.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        var line = ReplyText.FirstLine(reply.Bytes);
        if (line.StartsWith("srvr is not executed because it is not in the whitelist"u8)
            || line.StartsWith("This ZooKeeper instance is not currently serving requests"u8))
        {
            return ReplyReading.Certain(new IdentifiedService(Name)
            {
                Product = "Apache ZooKeeper",
                Cpes = Cpe.Of("apache:zookeeper", null)
            });
        }

        if (!line.StartsWith("Zookeeper version: "u8))
        {
            return ReplyText.MayBegin(line, "Zookeeper version: "u8)
                || ReplyText.MayBegin(line, "srvr is not executed because it is not in the whitelist"u8)
                || ReplyText.MayBegin(line, "This ZooKeeper instance is not currently serving requests"u8)
                ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (!ReplyText.HasLine(reply.Bytes))
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // "3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on …"
        var version = ReplyText.Behind(line, "Zookeeper version: "u8, "-, "u8);
        var mode = ReplyText.Behind(reply.Bytes, "\nMode: "u8, []);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = "Apache ZooKeeper",
            Version = version,
            Info = mode,
            Cpes = Cpe.Of("apache:zookeeper", version),
        });
    }
}
