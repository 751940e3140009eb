using System.Globalization;

namespace Portolan.Lab.Services.Web;

/// <summary>A web server (RFC 9112): the connection is handed to the lab's Kestrel.</summary>
internal sealed class HttpService : StreamService, IStartingService
{
    public override string Name => "http";

    public override string Summary =>
        "a web server (HTTP/1.1) with a page that names the socket pair, and /echo, /large, /slow, /chunked and /status";

    public override PortNumber? UsualPort => new(80);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("title", "the title of its page; by default the host's name") { Check = SettingChecks.Line },
        new("text", "the text of its page; by default client and server addresses") { Check =
            static v => v.Length <= 65536 ? null : "has more than 65536 characters" },
        new("status", "the status that its page has, 200 to 599; by default 200") { Check = SettingChecks.Number(200, 599) },
        new(
            "redirect",
            "where the page sends browsers to with status 302 (or with \"status\"); by default nowhere") { Check = CheckAddress },
        new("server", "what the Server header says; by default nginx") { Check = SettingChecks.Line },
    ];

    public override bool ClientSpeaksFirst => true;

    public override bool UsesOtherThreads => true;

    public bool WakesHost(Topology.ServiceSpec service) => false;

    public async Task StartAsync(ServiceHost host, Topology.ServiceSpec service, CancellationToken cancellationToken) =>
        await host.Shared.Web.StartAsync();

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        await call.Host.Shared.Web.ServeAsync(new WebConnection(stream, call), cancellationToken);

    private static string? CheckAddress(string value) => SettingChecks.Line(value) ?? (value.All(c => c is > ' ' and < (char)0x7f)
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"is a URL or a path of visible ASCII, not \"{value}\""));
}
