using System.Net.Security;

namespace Portolan.Lab.Services.Tls;

/// <summary>A service over TLS from the first byte on.</summary>
/// <param name="name">Its name, such as <c>imaps</c>.</param>
/// <param name="port">Its usual port.</param>
/// <param name="inner">What speaks inside.</param>
/// <param name="protocol">What ALPN calls it (RFC 7301); <c>null</c> for nothing.</param>
internal sealed class TlsService(string name, int port, IStreamService inner, SslApplicationProtocol? protocol = null) : StreamService
{
    public override string Name => name;

    public override string Summary => $"{inner.Name} over TLS, with a certificate of the lab's authority";

    public override PortNumber? UsualPort => new((ushort)port);

    public override IReadOnlyList<ServiceSetting> Settings => inner.Settings;

    public override bool ClientSpeaksFirst => true;

    public override bool UsesOtherThreads => true;

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        if (await LabTlsStream.AcceptAsync(stream, call, protocol, cancellationToken) is not { } tls)
        {
            return;
        }

        await inner.ServeAsync(tls, call, cancellationToken);
        await tls.EndAsync();
    }
}
