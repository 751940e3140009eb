namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// ClickHouse's native protocol: its hello is a login, which is not made; to a request of HTTP the port says what it is (ClickHouse
/// documentation, "Native protocol").
/// </summary>
internal sealed class ClickHouseProtocol() : ServiceProtocol("clickhouse", 9000)
{
    private const string Product = "clickhouse:clickhouse";

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [9440];

    /// <inheritdoc/>
    public override ServiceProbe Opening => HttpProtocol.Get;

    /// <inheritdoc/>
    public override bool ReadsFirst => true;

    /// <inheritdoc/>
    public override int Rarity => 1;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) =>
        reply.Bytes.StartsWith("HTTP/1.0 400 Bad Request\r\n"u8) && reply.Bytes.IndexOf(" is for clickhouse-client program"u8) >= 0
            ? ReplyReading.Certain(new IdentifiedService(Name) { Product = "ClickHouse", Cpes = Cpe.Of(Product, null) })
            : ReplyReading.Foreign;
}
