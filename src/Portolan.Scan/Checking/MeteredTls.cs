using System.Net.Security;

namespace Portolan.Scan.Checking;

/// <summary>
/// TLS whose decrypted bytes a meter may see. A stream of its own around it would not do: an HTTP client would begin TLS once more over
/// what is no <see cref="SslStream"/>.
/// </summary>
/// <param name="connection">The connection; disposed of with this.</param>
internal sealed class MeteredTls(Stream connection) : SslStream(connection, leaveInnerStreamOpen: false)
{
    /// <summary>Sees all that comes in; <c>null</c> for none.</summary>
    public HttpMeter? Meter { get; set; }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await base.ReadAsync(buffer, cancellationToken);
        Meter?.Take(buffer.Span[..read]);
        return read;
    }
}
