using System.Globalization;
using System.Text;

namespace Portolan.Lab.Services.Small;

/// <summary>Says the time as people read it (RFC 867).</summary>
internal sealed class DaytimeService : ShortAnswerService
{
    public override string Name => "daytime";

    public override string Summary => "says the lab's time as people read it (RFC 867)";

    public override PortNumber? UsualPort => new(13);

    // The second of the two forms that the RFC proposes, with all digits of the year, as xinetd has it.
    protected override byte[] Answer(ServiceCall call) =>
        Encoding.ASCII.GetBytes(
            call.Host.Time.GetUtcNow().ToString("dd MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture).ToUpperInvariant() + "\r\n");
}
