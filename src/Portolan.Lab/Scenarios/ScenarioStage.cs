using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios.Holding;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Lab.Scenarios;

/// <summary>Where a scenario plays: the lab, and what it says, shows and checks on the way.</summary>
/// <remarks>The lab's thread.</remarks>
public sealed class ScenarioStage
{
    /// <summary>Of longer runs packets are counted and not kept.</summary>
    internal const int MostPackets = 20_000;

    private readonly List<ScenarioStep> _steps = [];
    private readonly ConversationLog _conversations = new();
    private TaskCompletionSource _interlude = new();
    private Action? _outside;
    private VantageNetwork? _vantage;
    private string? _host;

    internal ScenarioStage(VirtualNetwork network) => Network = network;

    /// <summary>The lab.</summary>
    public VirtualNetwork Network { get; }

    /// <summary>The lab's clock, which is virtual in tests.</summary>
    public TimeProvider Time => Network.Time;

    /// <summary>The packets of the step so far.</summary>
    public IReadOnlyList<PacketRecord> Packets => Current.Packets;

    /// <summary>Ends when the player must release the lab: see <see cref="RunOutsideAsync"/>.</summary>
    internal Task Interlude => _interlude.Task;

    internal IReadOnlyList<ScenarioStep> Steps => _steps;

    internal IReadOnlyList<PairConversation> Conversations => _conversations.All;

    private ScenarioStep Current
    {
        get
        {
            if (_steps.Count == 0)
            {
                _steps.Add(new ScenarioStep("It begins.") { Start = Time.GetInstant() });
            }

            return _steps[^1];
        }
    }

    /// <summary>The stack of a host.</summary>
    public NetworkStack this[string host] => Network.StackOf(host);

    /// <summary>A port at the first address of a host.</summary>
    /// <exception cref="PortolanException">No host has the name.</exception>
    public IPEndPoint EndPointOf(string host, int port) => new(AddressOf(host).ToIPAddress(), port);

    /// <summary>The first address of a host.</summary>
    /// <exception cref="PortolanException">No host has the name.</exception>
    public InternetAddress AddressOf(string host) => Network.Directory.Find(host) is [var address, ..]
        ? address
        : throw new PortolanException(
            $"no host of the lab {Network.Topology.Name} has the name {host}", $"the scenario plays in its own topology: portolan lab list",
            ExitCode.Failed);

    /// <summary>Begins a step: the packets that follow are its own, once those of the last one have had half a second to arrive.</summary>
    /// <param name="sentence">What happens in it.</param>
    public async Task StepAsync(string sentence)
    {
        if (_steps.Count > 0)
        {
            await EndAsync();
        }

        _steps.Add(new ScenarioStep(sentence) { Start = Time.GetInstant() });
    }

    /// <summary>Says something more about the step.</summary>
    public void Remark(string sentence) => Add("", [sentence]);

    /// <summary>Says at which host the sockets of this step and of the next ones are best looked at.</summary>
    public void LookAt(string host) => _host = host;

    /// <summary>Shows the first packets of the step only, where the others tell nothing new.</summary>
    public void ShowPackets(int most) => Current.MostRungs = most;

    /// <summary>Shows lines under a title, below the packets that the step has seen so far.</summary>
    public void Show(string title, params IReadOnlyList<string> lines) => Add(title, lines);

    /// <summary>Shows the sockets of hosts as netstat would, all or those that a filter wants.</summary>
    public void ShowSockets(IReadOnlyList<string> hosts, Func<StackSocket, bool>? filter = null)
    {
        LookAt(hosts[0]);
        Add("sockets", NetstatTable.Lines([.. hosts.Select(h => (h, this[h].GetSockets()))], filter));
    }

    /// <summary>Shows the socket pairs of open connections between hosts, each once.</summary>
    public void ShowPairs(params IReadOnlyList<string> hosts)
    {
        LookAt(hosts[0]);
        Add("socket pairs", PairTableText.Lines([.. hosts.Select(h => (h, this[h].GetSockets()))], Network.Directory));
    }

    /// <summary>Says what must hold, and whether it does.</summary>
    public void Expect(bool holds, string claim, string? found = null) =>
        Current.Checks.Add(new ScenarioCheck(claim, holds, holds ? null : found ?? "it is not so")
        {
            PacketsBefore = Current.Packets.Count,
            ExhibitsBefore = Current.Exhibits.Count,
        });

    /// <summary>Says what must be found, and what was.</summary>
    public void ExpectEqual<T>(T expected, T found, string what) =>
        Expect(EqualityComparer<T>.Default.Equals(expected, found), $"{what} is {expected}", $"{found}");

    /// <summary>Lets time go by.</summary>
    public Task WaitAsync(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Draws the ladder of some of the step's packets only.</summary>
    public void DrawOnly(Func<PacketRecord, bool> which) => Current.IsDrawn = which;

    /// <summary>
    /// Runs what drives the lab's time itself and blocks meanwhile, such as a scan from the vantage. The player lets go of the lab for as
    /// long, so the two never drive it at once; what else the scenario has begun goes on.
    /// </summary>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <param name="work">It gets the lab as a scanner sees it. It runs on the thread that plays.</param>
    public Task<T> RunOutsideAsync<T>(Func<VantageNetwork, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _outside += () =>
        {
            try
            {
                done.SetResult(work(_vantage ??= Network.OpenVantage()));
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                done.SetException(exception);
            }
        };
        _interlude.TrySetResult();
        return done.Task;
    }

    /// <summary>Waits until the packets of the last step have arrived.</summary>
    internal async Task EndAsync()
    {
        await WaitAsync(TimeSpan.FromSeconds(0.5));
        Current.Sockets ??= LookAtSockets();
    }

    /// <summary>Runs what was left for outside. No other thread runs the lab meanwhile.</summary>
    internal void PlayInterlude()
    {
        var outside = _outside;
        (_outside, _interlude) = (null, new TaskCompletionSource());
        outside?.Invoke();
    }

    internal void Hear(in PacketEvent packet, ReadOnlySpan<byte> bytes)
    {
        _conversations.Add(packet, bytes);
        if (Current.Packets.Count < MostPackets)
        {
            Current.Packets.Add(new PacketRecord(
                packet.Time, packet.Segment, packet.From, packet.To, packet.Fate, packet.Why, bytes.ToArray()));
        }
    }

    private void Add(string title, IReadOnlyList<string> lines)
    {
        Current.Exhibits.Add(new Exhibit(title, lines) { PacketsBefore = Current.Packets.Count });
        if (title.Length > 0)
        {
            Current.Sockets = LookAtSockets();
        }
    }

    private StepSockets LookAtSockets() => new(_host, Network.GetHostSockets());
}
