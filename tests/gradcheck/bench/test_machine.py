import json

from gradcheck.bench.machine import ONE_THREAD, THREADS, machine


def test_the_surroundings_are_told(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    said = machine()
    assert json.loads(json.dumps(said)) == said
    assert said["threads"]["OMP_NUM_THREADS"] == "1"
    assert said["simd"]
    assert said["python"].startswith("3.")


def test_a_timed_process_has_one_thread():
    assert all(ONE_THREAD[name] == "1" for name in THREADS)
