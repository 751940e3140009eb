using Portolan.Cli.Listing;
using Portolan.Firewall.Documents;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Model.Registry;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Reachability.Explaining;
using Portolan.Sockets;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Doctor;
using Portolan.Sockets.Documents;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;
using Portolan.Tests.Support;

namespace Portolan.Tests.Documents;

/// <summary>The machine formats are written as they always were, whatever the facts hold.</summary>
public sealed class RecordedDocumentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_chart()
    {
        var whole = ChartDocument.Of(
            DocumentCorpus.Chart(), DocumentCorpus.Facts(), DocumentCorpus.Missing, DocumentCorpus.Noon, DocumentCorpus.Host);
        RecordedDocument.AssertSame("chart", whole, ReachabilityDocuments.Default.ChartDocument);
        var empty = ChartDocument.Of(new ChartModel([], [], 0, 0), new MachineBuilder().Facts, [], DocumentCorpus.Noon, "");
        RecordedDocument.AssertSame("chart-empty", empty, ReachabilityDocuments.Default.ChartDocument);
    }

    [Fact]
    public void Who_holds_a_port()
    {
        var dpkg = Path.Combine(_folder.Path, "info");
        Directory.CreateDirectory(dpkg);
        File.WriteAllText(Path.Combine(dpkg, "node.list"), "/usr/bin/node\n");
        File.WriteAllText(Path.Combine(_folder.Path, "status"), "Package: node\nStatus: install ok installed\nVersion: 18.1~é\n\n");
        var packages = new PackageFiles(_folder.Path);
        var rows = DocumentCorpus.Chart().Rows;
        var reach = new Dictionary<TransportProtocol, ChartRow> { [TransportProtocol.Tcp] = rows[0] };
        var held = new PortAnswer(
            DocumentCorpus.Facts(), DocumentCorpus.Report, new ForwardSurvey([DocumentCorpus.Forward, DocumentCorpus.BareForward], null),
            reach);
        var free = new PortAnswer(
            DocumentCorpus.Facts(), DocumentCorpus.FreeReport, new ForwardSurvey(null, null),
            new Dictionary<TransportProtocol, ChartRow>());
        RecordedDocument.AssertSame(
            "holder",
            HolderDocument.Of(
                held, DocumentCorpus.Missing, static id => id == 33 ? DocumentCorpus.Hostile : null, packages,
                static (holder, _) => holder.Kind == HoldKind.Listening ? DocumentCorpus.Origin : Origin.Unknown, DocumentCorpus.Noon,
                DocumentCorpus.Host),
            ReachabilityDocuments.Default.HolderDocument);
        RecordedDocument.AssertSame(
            "holder-free",
            HolderDocument.Of(free, [], static _ => null, packages, static (_, _) => Origin.Unknown, DocumentCorpus.Noon, ""),
            ReachabilityDocuments.Default.HolderDocument);
    }

    [Fact]
    public void A_stop()
    {
        var holder = DocumentCorpus.Holders[0];
        var units = new StopUnits(holder, [DocumentCorpus.Hostile, "a.service"])
        {
            User = uint.MaxValue,
            Container = DocumentCorpus.Claimed,
        };
        var container = new StopContainer(holder, DocumentCorpus.Container);
        var processes = new StopProcesses(holder, [DocumentCorpus.Full, DocumentCorpus.Bare]);
        var plan = new StopPlan(
            [units, container, processes],
            [
                new(holder, "kernel", DocumentCorpus.Hostile, null),
                new(holder, "init", "", Advice.Of($"sudo kill {DocumentCorpus.Hostile}")),
            ]);
        var manner = new StopManner(false, StopSignal.Term, TimeSpan.FromSeconds(2.5));
        var look = new StopLook(DocumentCorpus.Facts(), DocumentCorpus.Holders, plan);
        RecordedDocument.AssertSame("stop-planned", Of(look, null, isDryRun: true), ReachabilityDocuments.Default.StopDocument);
        var report = new StopReport(
            [
                new(units, StopResult.Stopped, null), new(container, StopResult.Failed, new StopFailure(DocumentCorpus.Hostile, false)),
                new(processes, StopResult.Killed, null) { Signal = StopSignal.Kill }, new(processes, StopResult.AlreadyGone, null),
            ],
            3, new StopAftermath(false, [DocumentCorpus.Hostile]), DocumentCorpus.Missing[0]);
        RecordedDocument.AssertSame("stop-done", Of(look, report, isDryRun: false), ReachabilityDocuments.Default.StopDocument);
        var none = StopDocument.Of(
            PortNumber.Zero, false, new StopLook(new MachineBuilder().Facts, [], new StopPlan([], [])), null, manner, static _ => null,
            DocumentCorpus.Noon, "");
        RecordedDocument.AssertSame("stop-none", none, ReachabilityDocuments.Default.StopDocument);

        StopDocument Of(StopLook look, StopReport? report, bool isDryRun) => StopDocument.Of(
            new PortNumber(80), isDryRun, look, report, manner, static _ => null, DocumentCorpus.Noon, DocumentCorpus.Host);
    }

    [Theory]
    [InlineData("explanation", ReachVerdict.Depends, ClientSymptom.TimesOut)]
    [InlineData("explanation-connects", ReachVerdict.Reachable, ClientSymptom.Connects)]
    [InlineData("explanation-refused", ReachVerdict.Unreachable, ClientSymptom.Refused)]
    [InlineData("explanation-unreachable", ReachVerdict.Unreachable, ClientSymptom.Unreachable)]
    [InlineData("explanation-delivered", ReachVerdict.Reachable, ClientSymptom.Delivered)]
    public void An_explanation(string name, ReachVerdict verdict, ClientSymptom symptom)
    {
        const string Hostile = DocumentCorpus.Hostile;
        var explanation = new Explanation
        {
            Target = Hostile,
            From = Hostile,
            Verdict = verdict,
            Symptom = symptom,
            Headline = Hostile,
            Steps =
            [
                new("listener", LayerResult.Ok, Hostile) { Rule = Hostile, RuleText = Hostile, IsProved = true, More = [Hostile, ""] },
                new("input", LayerResult.Fail, "") { IsProved = false },
                new("route", LayerResult.NotChecked, "x"),
                new("answer", LayerResult.Unknown, "y"),
            ],
            Footnotes = [Hostile],
            Limit = Hostile,
            Fixes = [$"sudo nft add rule {Hostile}", $"x"],
            Closing = [$"sudo portolan block 80"],
            Check = $"portolan explain {Hostile}",
        };
        RecordedDocument.AssertSame(
            name,
            ExplanationDocument.Of(
                new PortExplanation(explanation, DocumentCorpus.Missing), DocumentCorpus.Noon, DocumentCorpus.Host),
            ReachabilityDocuments.Default.ExplanationDocument);
    }

    [Fact]
    public void An_explanation_of_nothing()
    {
        var explanation = new Explanation { Target = "80/tcp", Verdict = ReachVerdict.Unknown, Headline = "", Steps = [] };
        RecordedDocument.AssertSame(
            "explanation-empty", ExplanationDocument.Of(new PortExplanation(explanation, []), DocumentCorpus.Noon, ""),
            ReachabilityDocuments.Default.ExplanationDocument);
    }

    [Fact]
    public void The_registry()
    {
        var services = ServiceRegistry.BuiltIn;
        var entries = services.Entries().Where(static e => e.Port.Value is 0 or 80 or 443 or 6000 or 49152).ToList();
        var use = new EphemeralUse(new EphemeralRange(new PortRange(new(32768), new(60999)), new PortSet(new PortNumber(40000))), 7, null);
        var whole = RegistryDocument.Of(services, "/never", entries, use, RegistrySummary.Of(services));
        RecordedDocument.AssertSame("registry", whole, ReachabilityDocuments.Default.RegistryDocument);
        RecordedDocument.AssertSame(
            "registry-empty", RegistryDocument.Of(services, null, []), ReachabilityDocuments.Default.RegistryDocument);
    }

    [Fact]
    public void What_the_doctor_found()
    {
        var facts = Cli.DoctorCommandTests.Facts with { Kernel = DocumentCorpus.Hostile, UserId = uint.MaxValue };
        var report = new EnvironmentReport(
            facts,
            [
                new("rules", FindingState.Ok, DocumentCorpus.Hostile),
                new("bpf", FindingState.Limited, "", $"sudo portolan {DocumentCorpus.Hostile}"),
                new("owners", FindingState.Missing, "x"),
            ]);
        RecordedDocument.AssertSame(
            "doctor", DoctorDocument.Of(report, DocumentCorpus.Noon, DocumentCorpus.Host), ReachabilityDocuments.Default.DoctorDocument);
    }

    [Fact]
    public void Sockets_as_records_and_as_list_writes_them_by_hand()
    {
        var snapshot = SocketCorpus.Snapshot();
        Write("sockets", snapshot, SocketCorpus.Owners, [DocumentCorpus.Forward, DocumentCorpus.BareForward]);
        Write("sockets-unowned", snapshot, null, null);
        Write("sockets-lab", SocketCorpus.Lab(), null, []);

        static void Write(string name, SocketSnapshot snapshot, OwnerMap? owners, IReadOnlyList<PortForward>? forwards)
        {
            var rows = new SocketRows(snapshot.Sockets.Count, null);
            var facts = new SocketDocumentFacts
            {
                Snapshot = snapshot,
                Owners = owners,
                Process = SocketCorpus.Process,
                User = SocketCorpus.User,
                Service = SocketCorpus.Service,
            };
            RecordedDocument.AssertSame(
                name, SocketsDocument.Of(facts, rows, forwards, snapshot.Missing, DocumentCorpus.Noon, DocumentCorpus.Host),
                ReachabilityDocuments.Default.SocketsDocument);
            var listed = new SocketFacts(snapshot, new NameLookups
            {
                Process = SocketCorpus.Process,
                Service = static (protocol, port) => SocketCorpus.Service(protocol, new PortNumber(port)),
                User = SocketCorpus.User,
                Interface = snapshot.Interfaces.Find,
            })
            {
                Owners = owners,
            };
            var stream = new MemoryStream();
            JsonOutput.WriteDocument(stream, json => new SocketJson(listed).WriteDocument(
                json, rows, DocumentCorpus.Noon, DocumentCorpus.Host, forwards, snapshot.Missing));
            RecordedDocument.AssertSame(name, stream.ToArray());
        }
    }

    [Fact]
    public void Rules()
    {
        RecordedDocument.AssertSame(
            "rules", RulesDocument.Of(RuleCorpus.Review(), DocumentCorpus.Noon, DocumentCorpus.Host),
            ReachabilityDocuments.Default.RulesDocument);
        RecordedDocument.AssertSame(
            "rules-empty", RulesDocument.Of(RuleReview.Of(Ruleset.Empty, new RuleTextOptions()), DocumentCorpus.Noon, ""),
            ReachabilityDocuments.Default.RulesDocument);
    }
}
